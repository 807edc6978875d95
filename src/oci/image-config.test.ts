import assert from 'node:assert/strict';
import test from 'node:test';
import { digestOf } from './digest.ts';
import { formatImageConfig, parseImageConfig } from './image-config.ts';

const diffId = digestOf('layer');
const empty =
  '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,' +
  '"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"",' +
  '"Entrypoint":null,"OnBuild":null,"Labels":null}';
// As Docker 28.5 wrote it after `import` with every kind of change.
const docker =
  '{"architecture":"amd64","comment":"hello","config":{"Hostname":"","Domainname":"","User":"u","AttachStdin":false,' +
  '"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"80/tcp":{},"81/udp":{}},"Tty":false,"OpenStdin":false,' +
  '"StdinOnce":false,"Env":["A=b"],"Cmd":["/bin/sh","-c","foo $HOME"],"Healthcheck":{"Test":["CMD-SHELL","true"],' +
  '"Interval":5000000000,"Retries":3},"Image":"","Volumes":{"/v":{}},"WorkingDir":"/w","Entrypoint":["/bin/foo"],' +
  '"OnBuild":["RUN x"],"Labels":{"a b":"c d\\u003c\\u0026\\u003e","x":"y"},"StopSignal":"9"},' +
  `"container_config":${empty},"created":"2026-11-24T07:58:24.143132803Z","docker_version":"28.5.2+dfsg4",` +
  '"history":[{"created":"2026-11-24T07:58:24.143132803Z","comment":"hello"}],"os":"linux",' +
  `"rootfs":{"type":"layers","diff_ids":["${diffId}"]}}`;

test('formatImageConfig() gives back the very bytes of a config that Docker wrote', () => {
  assert.equal(formatImageConfig(parseImageConfig(Buffer.from(docker))).toString(), docker);
});

test('parseImageConfig() reads the fields of OCI and Docker', () => {
  const image = parseImageConfig(Buffer.from(docker));
  assert.equal(image.dockerVersion, '28.5.2+dfsg4');
  assert.deepEqual(image.diffIds, [diffId]);
  assert.deepEqual(image.config?.Labels, { 'a b': 'c d<&>', x: 'y' });
  assert.deepEqual(image.config?.Healthcheck, { Test: ['CMD-SHELL', 'true'], Interval: 5e9, Retries: 3 });
  assert.deepEqual(image.history, [{ created: '2026-11-24T07:58:24.143132803Z', comment: 'hello' }]);
});

test('parseImageConfig() takes the little that the OCI specification requires', () => {
  const bytes = Buffer.from('{"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  assert.deepEqual(parseImageConfig(bytes), { architecture: 'arm64', os: 'linux', diffIds: [] });
});

const base = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } };
for (const [what, change] of [
  ['no rootfs', { rootfs: undefined }],
  ['a diffID that is a path', { rootfs: { type: 'layers', diff_ids: ['sha256:../../x'] } }],
  ['ten thousand layers', { rootfs: { type: 'layers', diff_ids: Array(10_000).fill(diffId) } }],
  ['an environment that is an object', { config: { Env: { A: 'b' } } }],
  ['labels that are no strings', { config: { Labels: { a: 1 } } }],
  ['a user that is a number', { config: { User: 0 } }],
  ['a time that is none', { created: '2026-02-30T00:00:00Z' }],
  ['history that is text', { history: 'x' }],
  ['rootfs spelt in two ways', { RootFS: {} }],
] as const) {
  test(`parseImageConfig() refuses ${what}`, () => {
    const bytes = Buffer.from(JSON.stringify({ ...base, ...change }));
    assert.throws(() => parseImageConfig(bytes), { kind: 'invalid', code: 'document-invalid' });
  });
}
