import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseLanguage } from './choose-language.ts';

test('the option wins over every variable, LAMELLA_LANG over the locale, LC_ALL over LANG', () => {
  assert.equal(chooseLanguage('en', { LAMELLA_LANG: 'zh', LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(chooseLanguage(undefined, { LAMELLA_LANG: 'zh', LANG: 'en_US.UTF-8' }), 'zh');
  assert.equal(chooseLanguage(undefined, { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(chooseLanguage(undefined, { LC_ALL: '', LANG: 'zh_TW.UTF-8' }), 'zh');
});

test('a language that only begins with zh is not Chinese', () => {
  assert.equal(chooseLanguage('zha', {}), 'en');
});
