/**
 * The main job, shown: makes a small image without any network, looks at it, runs it, changes a container, commits the
 * change, carries the image through a file, and says what to try next. Uses the person's own store, so that what it made
 * is there to play with afterwards; may be run again.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { helloProgram } from './hello-program.ts';
import { rootWithProgram } from './root-archive.ts';

const command = join(import.meta.dirname, '..', '..', 'bin', 'lamella');
const folder = mkdtempSync(join(tmpdir(), 'lamella-tour-'));
const root = join(folder, 'root.tar');
const saved = join(folder, 'hello.tar');
const greeting = 'Hello from Lamella! This program came as a layer that is still the tar it arrived as.\n';
const canRun = process.platform === 'linux' && process.getuid?.() === 0;

try {
  writeFileSync(root, rootWithProgram('hello', helloProgram(arch(), greeting)));
  cleanUp();

  say('An image out of a root file system: one static program of some 300 bytes.');
  lamella('import', '--change', 'CMD ["/hello"]', '--message', 'a first image', root, 'hello:latest');
  lamella('images');
  lamella('history', 'hello');

  if (canRun) {
    say('Run it: the kernel mounts the layer, and one writable layer goes on top.');
    lamella('run', '--rm', '--network', 'none', 'hello');
    say('Change a container, see what changed, and make an image of it.');
    lamella('run', '--name', 'lamella-tour', '--network', 'none', 'hello', '/hello', '/greeting.txt');
    lamella('diff', 'lamella-tour');
    lamella('commit', '--message', 'with a greeting', 'lamella-tour', 'hello:changed');
    lamella('history', 'hello:changed');
    lamella('rm', 'lamella-tour');
  } else {
    say('Running needs root on Linux for now: everything else works without. Another name for the image:');
    lamella('tag', 'hello:latest', 'hello:changed');
  }

  say('Carry it: into a file that docker, podman and skopeo read too, and back.');
  lamella('save', '--output', saved, 'hello:latest', 'hello:changed');
  lamella('rmi', 'hello:changed', 'hello:latest');
  lamella('load', '--input', saved);
  lamella('images');

  say('It all works. The command is here as npx lamella (or lam). What to try next:');
  process.stdout.write(
    [
      ...(canRun ? ['  npx lamella run --rm --network none hello', '  npx lamella ps -a'] : []),
      '  npx lamella images --tree',
      "  npx lamella inspect -f '{{.RootFS.Layers}}' hello",
      '  npx lamella rmi hello:changed && npx lamella undo',
      '  npx lamella pull debian:13     from Docker Hub, or with its host from any registry',
      '  npx lamella load -i FILE       an image that docker save, podman save or skopeo wrote',
      '  npx lamella import FILE NAME   a root file system: mmdebstrap bookworm root.tar makes a real one',
      '  npx lamella --help',
      '',
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  process.stdout.write(`\n${process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text}\n`);
}

function lamella(...args: string[]): void {
  const shown = args.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  process.stdout.write(`$ lamella ${shown}\n`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) {
    process.stderr.write(
      `\nThe step above failed with exit status ${status}: that is a bug, or something the machine lacks.\n`,
    );
    process.exit(1);
  }
}

/** What an earlier tour, perhaps one that was stopped half-way, left behind. */
function cleanUp(): void {
  for (const args of [
    ['rm', '--force', 'lamella-tour'],
    ['rmi', '--force', 'hello:changed', 'hello:latest'],
  ]) {
    spawnSync(command, args, { stdio: 'ignore' });
  }
}
