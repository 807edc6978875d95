import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { commands } from './commands/registry.ts';
import { runCommandLine } from './run.ts';
import { createFakeEngine } from './testing/fake-engine.ts';
import { createFakeIo } from './testing/fake-io.ts';

const folder = join(import.meta.dirname, 'golden');

/** What each command line prints stands in golden/NAME.txt; UPDATE_GOLDEN=1 writes them again. */
function checkGolden(name: string, actual: string): void {
  const path = join(folder, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, actual);
    assert.equal(process.env['UPDATE_GOLDEN'], '1', `${name}.txt was missing and has been written: read it`);
  }
  assert.equal(actual, readFileSync(path, 'utf8'));
}

const zone = process.env['TZ'];
before(() => void (process.env['TZ'] = 'UTC'));
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

async function transcript(lines: readonly (readonly string[])[], stdin = ''): Promise<string> {
  let text = '';
  for (const line of lines) {
    const io = createFakeIo({ env: { TZ: 'UTC' }, stdin });
    const engine = createFakeEngine();
    const code = await runCommandLine(line, { io, version: '0.1.0', openEngine: async () => engine });
    const quoted = line.map((word) => (/^[\w./:=@{},-]+$/.test(word) ? word : `'${word}'`));
    text += `$ lamella ${quoted.join(' ')}\n${io.output.stdout}`;
    if (io.output.stderr !== '') text += io.output.stderr.replace(/^/gm, '! ').replace(/! $/, '');
    if (code !== 0) text += `[exit ${code}]\n`;
    text += '\n';
  }
  return text;
}

const scenes: Readonly<Record<string, readonly (readonly string[])[]>> = {
  images: [
    ['images'],
    ['images', '-q'],
    ['images', '--digests', '--no-trunc'],
    ['images', 'debian'],
    ['images', '--tree'],
    ['images', '--format', 'json'],
    ['images', '--format', '{{.Repository}}:{{.Tag}} {{.CreatedAt}}'],
    ['images', '--format', 'table {{.ID}}\\t{{upper .Tag}}'],
    ['images', '--format', '{{.Nope}}'],
    ['images', '-f', 'foo=1'],
    ['images', '-f', 'foo'],
    ['image', 'ls', 'a', 'b'],
  ],
  'image-inspect': [
    ['image', 'inspect', 'debian:12'],
    ['image', 'inspect', 'debian:12', 'nope'],
    ['inspect', 'box'],
    ['inspect', 'nope'],
    ['inspect', '-f', '{{.Config.Env}} {{json .Comment}}', 'debian:12'],
    ['inspect', '-f', '{{.Nope}}', 'debian:12'],
    ['inspect', '-f', '{{', 'debian:12'],
    ['inspect', '--format', 'json', 'box'],
    ['inspect', '--type', 'volume', 'x'],
  ],
  copy: [
    ['cp', 'box:/etc/hosts', '.'],
    ['cp', 'box:/etc/hosts', '-'],
    ['cp', '-q', 'hosts', 'box:/etc'],
    ['cp', '-', 'box:/etc'],
    ['cp', 'box:/nope', '-'],
    ['cp', 'box:/x', 'nope/x'],
    ['cp', 'a', 'b'],
    ['cp', 'box:/a', 'box:/b'],
    ['cp', '', 'box:/b'],
    ['cp', 'box:/b', ''],
    ['cp', 'box:/b'],
  ],
  history: [
    ['history', 'debian:12'],
    ['history', '--no-trunc', 'debian:12'],
    ['history', '-q', 'debian:12'],
    ['history', '-H=false', 'debian:12'],
  ],
  names: [
    ['tag', 'debian:12', 'my/base:1'],
    ['tag', 'debian:12', 'my/BASE'],
    ['tag', 'debian:12'],
    ['tag', '--log', 'debian:12'],
    ['undo'],
    ['--lang', 'zh', 'undo'],
  ],
  removal: [
    ['rmi', 'debian'],
    ['rmi', 'nope'],
    ['rmi', 'debian', 'nope', 'busy'],
    ['rmi', '-f', 'nope'],
    ['rmi', 'busy'],
    ['--lang', 'zh', 'rmi', 'busy'],
    ['--json', 'rmi', 'nope'],
    ['image', 'prune', '-a', '--dry-run'],
    ['image', 'prune', '-f'],
    ['image', 'prune'],
    ['container', 'prune', '--force'],
    ['rm', 'box', 'nope'],
    ['rm', '-f', 'nope'],
  ],
  carrying: [
    ['import', '-', 'debian:12'],
    ['import', '/nope', 'debian:12'],
    ['import', '-', 'BAD'],
    ['--progress', 'plain', 'import', '-'],
    ['--progress', 'json', 'import', '-'],
    ['--progress', 'x', 'import', '-'],
    ['load'],
    ['load', '-i', '/nope'],
    ['save', 'debian:12'],
    ['save', '-o', '/nope/x', 'debian:12'],
    ['export', 'box'],
    ['commit', 'box', 'debian:13'],
  ],
  containers: [
    ['ps'],
    ['ps', '-a'],
    ['ps', '-aqs'],
    ['ps', '-as', '--no-trunc'],
    ['ps', '-a', '--format', 'json'],
    ['ps', '-a', '--format', '{{.Nope}}'],
    ['start', 'box'],
    ['start', 'box', 'nope'],
    ['stop', 'nope'],
    ['stop', '-t', 'x', 'box'],
    ['kill', 'box'],
    ['restart', 'box'],
    ['rename', 'nope', 'x'],
    ['rename', 'box', ''],
    ['wait', 'box'],
    ['logs', 'box'],
    ['diff', 'box'],
    ['--json', 'commit', 'box', 'x:1'],
    ['attach', 'box'],
  ],
  limits: [
    ['pause', 'box'],
    ['pause', 'nope', 'box'],
    ['unpause', 'box'],
    ['update', 'box'],
    ['update', '--memory', '64m', 'box', 'nope'],
    ['update', '--blkio-weight', '10', 'box'],
    ['update', '--restart', 'on-failure:x', 'box'],
    ['top', 'box'],
    ['top', 'nope', '-o', 'pid'],
    ['stats', '--no-stream', 'box'],
    ['stats', '--no-stream', '--format', 'json', 'box'],
    ['stats', '--no-stream', '--format', '{{.Nope}}', 'box'],
    ['stats', '--no-stream', 'nope'],
    ...[
      '--memory abc',
      '--memory -1',
      '--memory-swap abc',
      '--memory-swappiness 101',
      '--memory-swappiness x',
      '--cpus abc',
      '--cpus 0.0000000001',
      '--blkio-weight 70000',
      '--pids-limit x',
      '--ulimit nofile=10:5',
      '--ulimit nofile',
      '--ulimit foo=1:2',
      '--ulimit nofile=a',
      '--ulimit nofile=1:2:3',
      '--shm-size 1x',
      '--device dev/null',
      '--device /dev/null:/dev/x:rwx',
      '--device /dev/null:rel',
      '--device /dev/null:/a:r:b',
      '--device-cgroup-rule foo',
      '--device-read-bps foo',
      '--device-read-bps /x:1mb',
      '--device-write-bps /dev/sda:1x',
      '--device-read-iops /dev/sda:1mb',
      '--blkio-weight-device /dev/sda:5',
      '--security-opt foo',
      '--security-opt seccomp=/nope',
      '--security-opt seccomp=',
      '--sysctl kernel.panic=1',
      '--userns foo',
      '--pid foo',
      '--pid container:',
      '--uts foo',
      '--cgroupns foo',
      '--isolation foo',
    ].map((options) => ['create', ...options.split(' '), 'debian:12']),
  ],
  running: [
    ['run', 'debian:12', 'ls', '-l'],
    ['run', '-d', '--name', 'warn', 'debian:12'],
    ['run', 'nope'],
    ['run', 'debian:12', '/nope'],
    ['run', '-it', 'debian:12'],
    ['run', '-a', 'stdxx', 'debian:12'],
    ['run', '-z'],
    ['run', '--cpus', 'x', 'debian:12'],
    ['run', '--env-file', '/nope', 'debian:12'],
    ['create', 'debian:12'],
    ['exec', 'box', 'ls', '-l'],
    ['exec', 'box'],
  ],
  events: [
    ['events'],
    ['events', '--format', 'json'],
    ['--json', 'events'],
    ['events', '--format', '{{.Action}} {{.TimeNano}} {{.Actor.Attributes.name}}'],
    ['events', '--format', '{{.Nope}}'],
    ['events', '--format', '{{'],
  ],
  labels: [
    ['ps', '-a', '--format', '{{.Label "tier"}}|{{.Label "none"}}'],
    ['ps', '-a', '--format', 'table {{.Names}}\\t{{.Label "com.example.my-tier"}}'],
    ['ps', '-a', '--format', '{{.Label}}'],
  ],
  boot: [
    ['system', 'start-containers'],
    ['system', 'stop-containers'],
    ['generate', 'systemd', '--all'],
    ['generate', 'systemd', 'web', 'box'],
    ['generate', 'systemd'],
    ['generate', 'systemd', '--all', 'web'],
  ],
  health: [
    ['run', '-d', '--health-cmd', 'true', '--health-interval', '1m30s', '--health-retries', '2', 'debian:12'],
    ['create', '--health-interval', '-1s', 'debian:12'],
    ['create', '--health-timeout', 'x', 'debian:12'],
    ['create', '--health-retries', '-1', 'debian:12'],
    ['create', '--no-healthcheck', '--health-cmd', 'true', 'debian:12'],
  ],
  restarts: [
    ['run', '--restart', ':3', 'debian:12'],
    ['run', '--restart', 'on-failure:x', 'debian:12'],
    ['create', '--restart', 'always', '--rm', 'debian:12'],
    ['create', '--restart', 'no', '--rm', 'debian:12'],
  ],
  system: [
    ['version'],
    ['--version'],
    ['version', '-f', '{{.Server.Version}}'],
    ['info'],
    ['info', '-f', '{{.Driver}}'],
    ['info', '-f', '{{json .RegistryConfig}}'],
    ['system', 'df'],
    ['system', 'df', '-v'],
    ['system', 'df', '-v', '--format', 'json'],
    ['system', 'df', '-v', '--format', '{{range .Volumes}}{{.Name}} {{.Size}}{{end}}'],
    ['system', 'prune'],
    ['system', 'prune', '-a', '--volumes', '--filter', 'label=x'],
    ['system', 'prune', '--volumes', '--filter', 'until=1h'],
    ['system', 'prune', '-f'],
    ['system', 'prune', '-a', '--volumes', '--dry-run'],
    ['container', 'prune', '--dry-run'],
    ['volume', 'prune', '--dry-run'],
    ['network', 'prune', '--dry-run'],
    ['system', 'df', '--format', 'json'],
    ['system', 'check'],
    ['system', 'check', '--repair'],
    ['--json', 'system', 'check'],
  ],
  registries: [
    ['pull', 'ubuntu'],
    ['pull', 'debian:12'],
    ['pull', '-q', 'ubuntu:24.04'],
    ['pull', '-a', 'ubuntu'],
    ['pull', '-a', 'ubuntu:1'],
    ['pull', 'UBUNTU'],
    ['pull', 'secret'],
    ['--lang', 'zh', 'pull', 'secret'],
    ['pull', `debian:12@sha256:${'d'.repeat(64)}`],
    ['pull', '--platform', 'linux/arm64', 'debian:12'],
    ['pull', '--disable-content-trust', 'debian:12'],
    ['pull', 'broken'],
    ['--lang', 'zh', 'pull', 'broken'],
    ['--json', 'pull', '-q', 'broken'],
    ['pull'],
    ['--progress', 'plain', 'pull', 'ubuntu'],
    ['--progress', 'json', 'pull', 'ubuntu'],
    ['--progress', 'none', 'pull', 'ubuntu'],
    ['push', 'reg.example/app:1'],
    ['push', '-q', 'reg.example/app'],
    ['push', '--compression', 'lzma', 'reg.example/app'],
    ['push', '-a', 'reg.example/app:1'],
    ['push', 'nope'],
    ['push', 'secret'],
    ['--lang', 'zh', 'push', 'secret'],
    ['push', '--platform', 'linux/arm64', 'foreign'],
    ['push', `app@sha256:${'d'.repeat(64)}`],
    ['push', 'APP'],
    ['login', '-u', 'jane', '-p', 'secret', 'reg.example'],
    ['login', '-u', 'jane', '-p', 'secret', '--plaintext', 'reg.example'],
    ['login', '-u', 'jane', '-p', 'wrong', 'reg.example'],
    ['login', '-u', 'jane', 'reg.example'],
    ['login', 'known.example'],
    ['login', '-p', 'secret', '--password-stdin', 'reg.example'],
    ['login', '--password-stdin', 'reg.example'],
    ['login', '-u', ' ', '-p', 'secret', 'reg.example'],
    ['login', '-u', 'jane', '-p', '', 'reg.example'],
    ['login', '-u', 'jane', '--password-stdin', 'reg.example'],
    ['logout', 'https://reg.example/v2/'],
    ['logout', 'none.example'],
    ['logout'],
    ['search', 'ubuntu'],
    ['search', '--no-trunc', 'ubuntu'],
    ['search', '--format', '{{.Name}} {{.StarCount}} {{.IsAutomated}}', 'ubuntu'],
    ['search', '--format', '{{.Nope}}', 'ubuntu'],
    ['search', '--limit', 'x', 'ubuntu'],
    ['search', '-f', 'stars', 'ubuntu'],
    ['--json', 'search', 'ubuntu'],
    ['tags', 'debian'],
    ['tags', '-q', '--limit', '1', 'debian'],
    ['tags', '--format', 'json', 'debian'],
    ['tags', 'nope'],
    ['copy', 'debian:13', 'reg.example/debian:13'],
    ['copy', '--referrers', 'debian:13', 'reg.example/debian:13'],
    ['copy', 'debian:13'],
    ['manifest', 'inspect', 'debian:13'],
    ['manifest', 'inspect', '-v', 'debian:13'],
    ['manifest', 'inspect', '--insecure', 'index'],
    ['manifest', 'inspect', 'nope'],
    ['manifest', 'inspect', 'NOPE'],
    ['manifest', 'inspect'],
    ['image', 'inspect', '--remote', 'debian:13'],
    ['image', 'inspect', '--remote', '-f', '{{.Config.Env}}', 'debian:13'],
    ['run', '--pull', 'never', 'nope'],
    ['run', '--pull', 'often', 'nope'],
    ['run', 'UPPER'],
    ['create', 'UPPER'],
    ['run', '-q', 'nope'],
    ['create', '--pull', 'often', 'nope'],
    ['create', '--pull', 'always', 'debian:12'],
  ],
  volumes: [
    ['volume', 'create', 'data'],
    ['volume', 'create', '--label', 'a=b', '-o', 'type=tmpfs'],
    ['volume', 'create', 'a', 'b'],
    ['volume', 'ls'],
    ['volume', 'ls', '-q', '-f', 'dangling=true'],
    ['volume', 'ls', '--format', 'json'],
    ['volume', 'ls', '--format', 'table {{.Name}}\\t{{.Labels}}\\t{{.Size}}'],
    ['volume', 'ls', '--format', '{{.Foo}}'],
    ['volume', 'inspect', 'data', 'nope'],
    ['volume', 'inspect', '-f', '{{.Mountpoint}} {{.Labels.tier}}', 'data'],
    ['volume', 'rm', 'data'],
    ['volume', 'rm', 'nope', 'other'],
    ['volume', 'rm', '-f', 'nope'],
    ['volume', 'prune', '-f'],
    ['volume', 'prune'],
    ['volume', 'prune', '-a', '--filter', 'all=1', '-f'],
    ['run', '--mount', 'type=bind,src=/tmp', 'debian:12'],
    ['run', '-v', '/x:/y:ro:z', 'debian:12'],
  ],
  mirrors: [
    ['mirror', 'ls'],
    ['mirror', 'list', '--format', '{{.Mirror}} of {{.Registry}}'],
    ['mirror', 'set', 'https://mirror.example'],
    ['mirror', 'set', 'ghcr.io', 'https://a.example', 'http://b.example'],
    ['mirror', 'set', '--none'],
    ['mirror', 'set'],
    ['mirror', 'set', 'ghcr.io'],
    ['mirror', 'set', '--none', 'https://a.example'],
    ['mirror', 'set', 'https://jane:xxxxx@mirror.example'],
    ['--lang', 'zh', 'mirror', 'set', 'http://mirror.example'],
    ['mirror', 'test', 'https://mirror.example'],
    ['mirror', 'test', '--registry', 'ghcr.io', 'https://stale.example'],
    ['mirror', 'test', 'https://alone.example'],
    ['mirror', 'test', 'https://stale.example', 'https://gone.example', 'https://mirror.example'],
    ['mirror', 'test'],
    ['mirror', 'test', '--registry', 'quay.io'],
    ['mirror', 'test', 'https://portal.example'],
    ['--lang', 'zh', 'mirror', 'test', 'https://stale.example'],
    ['--lang', 'zh', 'mirror', 'test', 'https://gone.example'],
    ['--json', 'mirror', 'test', 'https://gone.example'],
  ],
  mistakes: [
    ['imgaes'],
    ['image', 'lst'],
    ['image', '--zz'],
    ['--zz'],
    ['rmi'],
    ['images', '--zz'],
    ['images', '-az'],
    ['images', '-f'],
    ['images', '--filter'],
    ['images', '--all=x'],
    ['ps', 'x'],
    ['commit', 'a', 'b', 'c'],
    ['--lang', 'zh', 'rmi'],
    ['completion', 'tcsh'],
  ],
  completion: [
    ['__complete', '--', 'im'],
    ['__complete', '--', 'image', 'r'],
    ['__complete', '--', 'rmi', 'deb'],
    ['__complete', '--', 'rmi', ''],
    ['__complete', '--', 'rmi', '--'],
    ['__complete', '--', 'start', 'b'],
    ['__complete', '--', 'load', '-i', ''],
    ['__complete', '--', 'pu'],
    ['__complete', '--', 'push', 'reg'],
    ['__complete', '--', 'push', '--compression', ''],
    ['__complete', '--', 'pull', '--'],
    ['__complete', '--', 'run', '--pull', ''],
    ['__complete', '--', 'manifest', ''],
    ['__complete', '--', '--lang', ''],
    ['__complete', '--', '--lang', 'zh', 'system', ''],
    ['__complete', '--', 'run', '--network', ''],
    ['__complete', '--', 'run', '-it', 'deb'],
    ['completion', 'bash'],
    ['completion', 'zsh'],
    ['completion', 'fish'],
  ],
};

test('building: what is printed is what golden/building.txt holds', async () => {
  const good = await transcript(
    [
      ['build', '-t', 'app:1', '-f', '-', '.'],
      ['build', '-q', '-f', '-', '.'],
      ['build', '-t', 'A', '-f', '-', '.'],
      ['build', '--timestamp', 'x', '-f', '-', '.'],
      ['build'],
    ],
    'FROM debian:12\nRUN make\n',
  );
  const bad = await transcript(
    [['build', '-f', '-', '.']],
    'FROM debian:12\nRUN make \\\n  fail\u001B[2J\nUSER x\n',
  );
  checkGolden('building', good + bad);
});

for (const [name, lines] of Object.entries(scenes)) {
  test(`${name}: what is printed is what golden/${name}.txt holds`, async () => {
    checkGolden(name, await transcript(lines));
  });
}

for (const language of ['en', 'zh']) {
  test(`the help of every command in "${language}" is what golden/help-${language}.txt holds`, async () => {
    const groups = ['container', 'image', 'mirror', 'system'];
    const names = commands.filter((entry) => entry.hidden !== true).map((entry) => entry.names[0] as string);
    const all = [[], ...[...groups, ...names].map((name) => [...name.split(' '), '--help'])];
    checkGolden(`help-${language}`, await transcript(all.map((words) => ['--lang', language, ...words])));
  });
}

test('what run asks the engine for is what its options say', async () => {
  const io = createFakeIo({ env: { HERE: 'yes' } });
  const engine = createFakeEngine();
  const line =
    'run -d -it --rm --name n -e A=b -e HERE -e GONE -v ./data:/data:ro -v /x:/y -w /srv -u 1:2 --entrypoint /bin/e ' +
    '--hostname h --read-only --tmpfs /t:size=1m --network none -l k=v -l bare --stop-signal INT --init -m 512m ' +
    '--cpus 1.5 --ulimit nofile=1:2 --ulimit core=-1 --device /dev/fuse:r --security-opt systempaths=unconfined ' +
    '--security-opt label=disable --cap-add SYS_TIME --pids-limit 10 --shm-size 1g debian:12 -x --name y';
  await runCommandLine(line.split(' '), { io, version: '0', openEngine: async () => engine });
  assert.partialDeepStrictEqual(engine.requests, [
    {
      name: 'n',
      platform: undefined,
      config: {
        Image: 'debian:12',
        Cmd: ['-x', '--name', 'y'],
        Entrypoint: ['/bin/e'],
        Env: ['A=b', 'HERE=yes'],
        Labels: { k: 'v', bare: '' },
        Hostname: 'h',
        User: '1:2',
        WorkingDir: '/srv',
        Tty: true,
        OpenStdin: true,
        StdinOnce: false,
        AttachStdin: false,
        AttachStdout: false,
        AttachStderr: false,
        StopSignal: 'INT',
        StopTimeout: undefined,
      },
      hostConfig: {
        AutoRemove: true,
        Binds: ['/home/jane/data:/data:ro', '/x:/y'],
        Tmpfs: { '/t': 'size=1m' },
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        Init: true,
        Privileged: false,
        CapAdd: ['SYS_TIME'],
        CapDrop: [],
        Ulimits: [
          { Name: 'core', Soft: -1, Hard: -1 },
          { Name: 'nofile', Soft: 1, Hard: 2 },
        ],
        Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'r' }],
        SecurityOpt: ['label=disable'],
        MaskedPaths: [],
        ReadonlyPaths: [],
        Memory: 512 * 1024 ** 2,
        NanoCpus: 1.5e9,
        PidsLimit: 10,
        ShmSize: 1024 ** 3,
      },
      consoleSize: [0, 0],
    },
  ]);
});

test('a pull that is stopped says that nothing is lost, and ends with 130', async () => {
  for (const [language, hint] of [
    ['en', 'Hint: What was fetched is kept: the next pull goes on from there.'],
    ['zh', '提示：已下载的内容已保留，再次拉取时会从中断处继续。'],
  ] as const) {
    const stop = new AbortController();
    const io = { ...createFakeIo(), signal: stop.signal };
    stop.abort();
    const code = await runCommandLine(['--lang', language, 'pull', 'ubuntu'], {
      io,
      version: '0',
      openEngine: async () => createFakeEngine(),
    });
    assert.equal(code, 130);
    assert.equal(io.output.stderr, `context canceled\n${language === 'zh' ? '已取消。\n' : ''}${hint}\n`);
  }
});

test('on a terminal a pull says first what it will take', async () => {
  const io = createFakeIo({ terminal: true });
  await runCommandLine(['pull', 'ubuntu'], { io, version: '0', openEngine: async () => createFakeEngine() });
  assert.match(io.output.stdout, /Fetching 5kB; needs about 20kB on disk and 6 files/);
});

test('save and load refuse a terminal, and prune asks on it', async () => {
  for (const [line, error] of [
    [['save', 'debian:12'], 'cowardly refusing to save to a terminal. Use the -o flag or redirect\n'],
    [['load'], 'requested load from stdin, but stdin is empty\n'],
  ] as const) {
    const io = createFakeIo({ terminal: true });
    const code = await runCommandLine(line, { io, version: '0', openEngine: async () => createFakeEngine() });
    assert.deepEqual([code, io.output.stderr], [1, error]);
  }
  const io = createFakeIo({ stdin: 'y\n' });
  await runCommandLine(['image', 'prune'], { io, version: '0', openEngine: async () => createFakeEngine() });
  assert.match(io.output.stdout, /\[y\/N\] Deleted Images:\nuntagged: x:1\n/);
});
