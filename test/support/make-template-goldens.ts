/**
 * Asks the real Docker what it makes of each template in src/cli/template/golden/templates.json, and writes the answers
 * beside it. Run by hand, with DOCKER_HOST set and an image and a container made for it:
 *
 *     scripts/node test/support/make-template-goldens.ts IMAGE CONTAINER
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../src/cli/template/golden');
const [image = '', container = ''] = process.argv.slice(2);
const templates = JSON.parse(readFileSync(join(folder, 'templates.json'), 'utf8')) as Record<
  string,
  string[]
>;

function docker(...args: string[]): { stdout: string; stderr: string } {
  return spawnSync('docker', args, { encoding: 'utf8' });
}

const subjects: Record<
  string,
  { data: unknown; run: (template: string) => { stdout: string; stderr: string } }
> = {
  image: {
    data: (JSON.parse(docker('image', 'inspect', image).stdout) as unknown[])[0],
    run: (template) => docker('image', 'inspect', '-f', template, image),
  },
  container: {
    data: (JSON.parse(docker('container', 'inspect', container).stdout) as unknown[])[0],
    run: (template) => docker('container', 'inspect', '-f', template, container),
  },
  images: {
    data: JSON.parse(docker('images', '--format', 'json', image).stdout),
    run: (template) => docker('images', '--format', template, image),
  },
};
for (const [name, { data, run }] of Object.entries(subjects)) {
  const cases = (templates[name] ?? []).map((template) => {
    const { stdout, stderr } = run(template);
    // The data are asked for once; what says how long ago would differ by now.
    return stderr === '' ? { template, output: stdout } : { template, error: stderr.trimEnd() };
  });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ data, cases }, null, 1)}\n`);
}
