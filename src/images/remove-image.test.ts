import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import { openImageLab } from '../../test/support/images.ts';
import { readRmiScenarios, type RmiStep, withSymbols } from '../../test/support/rmi-scenarios.ts';
import { isLamellaError } from '../base/errors.ts';
import { chainIds } from '../oci/chain-id.ts';
import { type Digest, digestHex, digestOf } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';
import type { RemovalLine } from './remove-image.ts';

/** Plays the steps on a store of its own, and gives what each printed. */
async function createPlayer(t: TestContext): Promise<(step: RmiStep) => Promise<string[]>> {
  const lab = openImageLab(t);
  const ids = new Map<string, Digest>();
  const layers = new Map<string, readonly string[]>();
  const imageOfContainer = new Map<string, string>();
  const symbols = new Map<string, string>([['registry.test', 'R']]);

  function idOf(symbol: string): Digest {
    const id = ids.get(symbol);
    assert.ok(id !== undefined, `no image ${symbol}`);
    return id;
  }

  async function make(symbol: string, names: readonly string[], below: string | undefined): Promise<void> {
    const content = [...(layers.get(below ?? '') ?? []), symbol];
    const { id } = await lab.add({
      label: symbol,
      layers: content,
      names: names.map(realName),
      ...(below !== undefined && { parentId: idOf(below) }),
    });
    ids.set(symbol, id);
    layers.set(symbol, content);
    symbols.set(id, symbol).set(digestHex(id).slice(0, 12), symbol);
    const diffIds = lab.db.all<{ diff_id: Digest }>(
      'SELECT diff_id FROM image_layers WHERE image_id = ? ORDER BY position',
      id,
    );
    // A layer that came from below keeps the name it has there.
    for (const [index, chainId] of chainIds(diffIds.map((row) => row.diff_id)).entries()) {
      if (!symbols.has(chainId)) symbols.set(chainId, `layer ${symbol}.${index + 1}`);
    }
  }

  function realName(text: string): string {
    return text
      .replace(/^R\//, 'registry.test/')
      .replaceAll(/DIGEST_(\w+)/g, (_, symbol: string) => digestOf(`manifest of ${symbol}`));
  }

  function remove(words: readonly string[]): string[] {
    const target = words.at(-1) ?? '';
    const text = ids.get(target) ?? realName(target);
    try {
      const options = { force: words.includes('-f'), noPrune: words.includes('--no-prune') };
      return lab.images.remove(text, options).map(lineOf);
    } catch (error) {
      if (!isLamellaError(error)) throw error;
      return [`! ${error.message}`];
    }
  }

  return async ({ words: [command, ...words] }) => {
    const [first = '', second = ''] = words;
    if (command === 'rmi') return remove(words).map((line) => withSymbols(line, symbols));
    if (command === 'import') await make(first, words.slice(1), undefined);
    else if (command === 'commit') await make(first, words.slice(2), imageOfContainer.get(second));
    else if (command === 'tag') lab.images.tag(idOf(first), parseReference(realName(second)));
    else if (command === 'rm') lab.db.run('DELETE FROM containers WHERE name = ?', first);
    else if (command === 'push') {
      const digest = digestOf(`manifest of ${first}`);
      symbols.set(digest, `DIGEST ${first}`);
      const [repository = ''] = realName(second).split(':');
      const config = await lab.images.configBytes(idOf(first));
      await lab.images.add({ config, names: [parseReference(`${repository}@${digest}`)] }, 'push');
    } else if (command === 'create' || command === 'run') {
      lab.container(first, idOf(second), command === 'run' ? 'running' : 'created');
      imageOfContainer.set(first, second);
      symbols.set(createHash('sha256').update(first).digest('hex').slice(0, 12), first);
    } else assert.fail(`unknown step ${command}`);
    return [];
  };
}

function lineOf(line: RemovalLine): string {
  return 'untagged' in line ? `Untagged: ${line.untagged}` : `Deleted: ${line.deleted}`;
}

for (const { name, steps } of readRmiScenarios()) {
  test(`remove() does as Docker does: ${name}`, async (t) => {
    const play = await createPlayer(t);
    for (const step of steps) {
      const output = step.output.map((line) => line.replaceAll(/DIGEST_(\w+)/g, 'DIGEST $1'));
      assert.deepEqual(await play(step), output, `after ${step.words.join(' ')}`);
    }
  });
}

test('remove() by the beginning of an ID takes the image', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a' });
  assert.deepEqual(lab.images.remove(digestHex(id).slice(0, 5)), [{ deleted: id }]);
  assert.deepEqual(lab.images.list({ all: true }), []);
});

test('remove() leaves the rest as it was when it fails half-way', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a', names: ['lab/a:1'] });
  lab.container('c', id);
  assert.throws(() => lab.images.remove('lab/a:1'));
  assert.deepEqual(lab.images.names(id).tags, ['lab/a:1']);
});
