import assert from 'node:assert/strict';
import test from 'node:test';
import { globalOptions } from '../arguments/global-options.ts';
import { commands, groups } from '../commands/registry.ts';
import { messages } from './messages.ts';
import type { Text } from './text.ts';

/** Texts that are the same in both on purpose: what scripts look for. */
const same: ReadonlySet<string> = new Set(['Total reclaimed space: %s']);

test('every text that people read is there in English and in Chinese', async () => {
  const texts: [where: string, text: Text][] = Object.entries(messages);
  for (const group of groups) texts.push([group.name, group.summary]);
  for (const [name, option] of Object.entries(globalOptions)) texts.push([`--${name}`, option.help]);
  for (const entry of commands) {
    const command = await entry.load();
    const name = entry.names[0] as string;
    texts.push([name, command.summary]);
    for (const [option, { help }] of Object.entries(command.options))
      texts.push([`${name} --${option}`, help]);
    for (const { note, command: line } of command.examples ?? []) texts.push([line, note]);
  }
  assert.ok(texts.length > 200);
  for (const [where, { en, zh }] of texts) {
    assert.ok(en.trim() !== '' && !/\p{Script=Han}/u.test(en), `${where}: ${en}`);
    assert.ok(same.has(en) || /\p{Script=Han}/u.test(zh), `${where}: ${zh}`);
    assert.equal(zh.split('%s').length, en.split('%s').length, `${where}: as many values in both`);
  }
});

test('every command has an example or takes nothing that needs one', async () => {
  for (const entry of commands.filter(({ common }) => common === true)) {
    const { examples, options } = await entry.load();
    assert.ok((examples?.length ?? 0) > 0 || Object.keys(options).length <= 1, entry.names[0] ?? '');
  }
});
