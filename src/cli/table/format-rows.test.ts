import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { imageRows, imageTable } from '../commands/image/image-table.ts';
import { CliError } from '../errors/cli-error.ts';
import { formatRows } from './format-rows.ts';

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../template/golden/images.json'), 'utf8'),
) as { cases: { template: string; output?: string; error?: string }[] };

const zone = process.env['TZ'];
before(() => void (process.env['TZ'] = 'UTC'));
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const created = Date.parse('2026-11-24T08:07:56Z');
const image = {
  Id: 'sha256:41e08617b290f84e7f521893b864f5d75aeca05cb301447a16fc757dc7c77565',
  ParentId: '',
  RepoTags: ['cligold:1'],
  RepoDigests: [],
  Created: created / 1000,
  Size: 265618845,
  SharedSize: -1,
  Labels: null,
  Containers: -1,
};

for (const { template, output, error } of golden.cases) {
  test(`images --format ${JSON.stringify(template)} prints what Docker prints`, () => {
    // The answers were recorded two minutes after the image was made.
    const table = imageTable({ now: created + 150_000, noTruncate: false });
    const print = (): string =>
      formatRows(table, imageRows([image], { digests: false }), { format: template });
    if (error === undefined) assert.equal(print(), output);
    else assert.throws(print, (thrown) => thrown instanceof CliError && thrown.message === error);
  });
}
