import assert from 'node:assert/strict';
import test from 'node:test';
import { suggest } from './suggest.ts';
import { formatOptions } from './format-help.ts';
import { flag, list, text } from './options.ts';

test('options are laid out and wrapped as Docker lays them out', () => {
  const en = (en: string): { en: string; zh: string } => ({ en, zh: '某' });
  const options = formatOptions(
    {
      author: text(en('Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")'), { short: 'a' }),
      change: list(en('Apply Dockerfile instruction to the created image'), { short: 'c' }),
      message: text(en('Commit message'), { short: 'm' }),
      pause: flag(en('Pause container during commit'), { short: 'p', default: true }),
    },
    { language: 'en', columns: 80 },
  );
  // docker commit --help
  assert.equal(
    options,
    `  -a, --author string    Author (e.g., "John Hannibal Smith
                         <hannibal@a-team.com>")
  -c, --change list      Apply Dockerfile instruction to the created image
  -m, --message string   Commit message
  -p, --pause            Pause container during commit (default true)`,
  );
});

test('a misspelt command brings its neighbours to mind, something else nothing', () => {
  const names = ['images', 'image', 'import', 'rmi', 'rm', 'run', 'tag'];
  assert.deepEqual(suggest('imgaes', names), ['images']);
  assert.deepEqual(suggest('imp', names), ['import']);
  assert.deepEqual(suggest('xyzzy', names), []);
});
