import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'node:test';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

const source = join(import.meta.dirname, '..', '..', 'src');
/** Their examples mount, or need a whole store. */
const onlyRead = new Set(['linux', 'runtime']);

const rooms = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());

for (const { name } of rooms) {
  test(`the room ${name} has a README, and its example runs`, async (t) => {
    const readme = readFileSync(join(source, name, 'README.md'), 'utf8');
    const example = /```ts\n(.*?)```/s.exec(readme)?.[1];
    assert.ok(example !== undefined, 'it has no example');
    if (onlyRead.has(name)) return t.skip('its example needs mounts or a whole store');
    const folder = temporaryFolder(t);
    const room = pathToFileURL(join(source, name, '/')).href;
    const program = example
      .replace(/from '(\.[^']*)'/g, (_, path: string) => `from '${new URL(path, room).href}'`)
      .replaceAll('/tmp/lamella-example', join(folder, 'store'));
    writeFileSync(join(folder, 'example.ts'), program);
    const { code, stderr } = await runCommand(process.execPath, [join(folder, 'example.ts')], {
      cwd: folder,
    });
    assert.equal(code, 0, stderr);
  });
}
