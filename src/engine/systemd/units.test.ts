import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { unitCommand } from './unit-text.ts';
import { containerUnit, restartUnit, type ContainerUnitOptions, type UnitFile } from './units.ts';

// A program that exists everywhere: systemd-analyze looks whether it can be run.
const program = {
  command: ['/bin/sh', '--root', '/srv/my store'],
  version: '1.2.3',
  root: '/srv/my store',
};
const options: ContainerUnitOptions = {
  container: { id: 'ab'.repeat(32), name: 'web' },
  useName: true,
  restart: 'on-failure',
  stopTimeout: 10,
  pidFile: '/run/lamella/0123456789ab/containers/x/conmon.pid',
  create: undefined,
};

test('a unit starts and stops the container that is there, and follows its conmon', () => {
  const { name, content } = containerUnit(program, options);
  assert.equal(name, 'container-web.service');
  assert.equal(
    content,
    `# container-web.service
# Made by lamella 1.2.3 with "lamella generate systemd".

[Unit]
Description=Container web
Wants=network-online.target
After=network-online.target
RequiresMountsFor="/srv/my store"

[Service]
Restart=on-failure
TimeoutStopSec=70
Type=forking
PIDFile=/run/lamella/0123456789ab/containers/x/conmon.pid
ExecStart=/bin/sh --root "/srv/my store" start web
ExecStop=/bin/sh --root "/srv/my store" stop --time 10 web

[Install]
WantedBy=default.target
`,
  );
});

test('without its name, a unit speaks of the ID', () => {
  const { name, content } = containerUnit(program, { ...options, useName: false });
  assert.equal(name, 'container-abababababab.service');
  assert.match(content, new RegExp(`^ExecStart=.* start ${'ab'.repeat(32)}$`, 'm'));
});

test('a unit that makes its container anew runs it in the foreground', () => {
  const { content } = containerUnit(program, {
    ...options,
    create: ['--env=GREETING=100% "sure" $HOME', '-v=/a b:/c', 'debian:12', 'sh', '-c', 'echo\nhi'],
  });
  assert.match(
    content,
    /^ExecStart=.* run --rm --name web "--env=GREETING=100%% \\"sure\\" \$\$HOME" "-v=\/a b:\/c" debian:12 sh -c "echo\\nhi"$/m,
  );
  assert.match(content, /^ExecStartPre=-\/bin\/sh .* rm --force web$/m);
});

test('words are quoted for systemd', () => {
  assert.equal(unitCommand(['a', 'b c', '', 'x\\y', "it's"]), `a "b c" "" "x\\\\y" "it's"`);
});

test('systemd finds nothing wrong with the units', (t) => {
  verify(t, containerUnit(program, options));
  verify(t, containerUnit(program, { ...options, create: ['--env=A=1 % $B', 'debian:12', 'true'] }));
  verify(t, restartUnit(program));
});

function verify(t: TestContext, { name, content }: UnitFile): void {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-units-'));
  try {
    writeFileSync(join(folder, name), content);
    const { error, status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', '--recursive-errors=no', join(folder, name)],
      { encoding: 'utf8' },
    );
    if (error !== undefined) return t.skip('systemd-analyze is not installed');
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
