import type { Language } from './text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `--lang` first, then LAMELLA_LANG, then the locale that POSIX would take for messages. Chinese of any region is
 * `zh`; everything unknown is English.
 *
 * @param option value of `--lang`
 */
export function chooseLanguage(option: string | undefined, env: Environment): Language {
  const locale = [option, env['LAMELLA_LANG'], env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return locale !== undefined && /^zh(?![a-z])/i.test(locale) ? 'zh' : 'en';
}
