import assert from 'node:assert/strict';
import test from 'node:test';
import { anonymousVolume } from '../../volumes/volume.ts';
import { exampleImage, exampleRequest } from '../../../test/support/container-request.ts';
import { mountPoints } from '../container-summary.ts';
import { containerSpec } from '../create-container.ts';
import type { HostConfig } from '../host-config.ts';
import type { Container } from '../types.ts';
import { parseBind } from './parse-bind.ts';
import { planMounts, type MountPlan } from './plan-mounts.ts';

/** What a container is to have mounted; another one has a volume and a directory. */
function plan(hostConfig: Partial<HostConfig>, anonymous: readonly string[] = []): MountPlan {
  let made = 0;
  return planMounts({
    hostConfig: exampleRequest(['sh'], { hostConfig }).hostConfig,
    anonymous,
    images: [],
    folder: '/run/mounts/x',
    volumes: {
      anonymous: (request) => anonymousVolume(String((made += 1)).repeat(64), request),
      dataFolder: (name) => `/root/volumes/${name}/_data`,
      uses: () => [{ volume: 'shared', target: '/v', named: true, fill: true }],
    },
    findContainer: () => containerWith(['shared:/v', '/machine:/m:ro'].map((text) => parseBind(text).mount)),
    layersAt: () => [],
  });
}

function containerWith(mounts: MountPlan['mounts']): Container {
  const id = '1'.repeat(64);
  return {
    id,
    name: 'box',
    imageId: exampleImage.id,
    imageName: 'example',
    createdAt: 0,
    driver: 'erofs',
    spec: containerSpec(id, exampleRequest(['sh']), exampleImage, mounts),
    status: 'created',
    state: {},
  };
}

/** As `inspect` shows them. */
function shown(hostConfig: Partial<HostConfig>, anonymous?: readonly string[]): string[] {
  return mountPoints(containerWith(plan(hostConfig, anonymous).mounts)).map((mount) => JSON.stringify(mount));
}

test('inspect shows what is mounted with Docker’s keys, values and order of keys', () => {
  const Mounts: HostConfig['Mounts'] = [
    { Type: 'tmpfs', Source: '', Target: '/t', ReadOnly: false },
    { Type: 'volume', Source: '', Target: '/u', ReadOnly: false },
    { Type: 'bind', Source: '/', Target: '/b', ReadOnly: true, BindOptions: { Propagation: 'rslave' } },
  ];
  assert.deepEqual(shown({ Binds: ['data:/data', '/a:/c:ro'], Mounts }, ['/anon']), [
    `{"Type":"volume","Name":"${'2'.repeat(64)}","Source":"/root/volumes/${'2'.repeat(64)}/_data","Destination":"/anon","Driver":"local","Mode":"","RW":true,"Propagation":""}`,
    '{"Type":"bind","Source":"/","Destination":"/b","Mode":"","RW":false,"Propagation":"rslave"}',
    '{"Type":"bind","Source":"/a","Destination":"/c","Mode":"ro","RW":false,"Propagation":"rprivate"}',
    '{"Type":"volume","Name":"data","Source":"/root/volumes/data/_data","Destination":"/data","Driver":"local","Mode":"z","RW":true,"Propagation":""}',
    '{"Type":"tmpfs","Source":"","Destination":"/t","Mode":"","RW":true,"Propagation":""}',
    `{"Type":"volume","Name":"${'1'.repeat(64)}","Source":"/root/volumes/${'1'.repeat(64)}/_data","Destination":"/u","Driver":"local","Mode":"z","RW":true,"Propagation":""}`,
  ]);
});

test('what is asked for takes the place of what --volumes-from brings, and anything that of an image’s volume', () => {
  const { mounts, volumes } = plan(
    { VolumesFrom: ['other:ro'], Binds: ['mine:/v'], Tmpfs: { '/scratch': '' } },
    ['/v', '/m', '/scratch/', '/new'],
  );
  assert.deepEqual(
    mounts.map(({ type, name, source, target, readOnly }) => [type, name || source, target, readOnly]),
    [
      ['bind', '/machine', '/m', true],
      ['volume', '1'.repeat(64), '/new', false],
      ['volume', 'mine', '/v', false],
    ],
  );
  assert.deepEqual(
    volumes.map(({ use }) => use),
    [
      { volume: 'mine', target: '/v', named: true, fill: true },
      { volume: '1'.repeat(64), target: '/new', named: false, fill: true },
    ],
  );
});

test('a container’s volumes come read-only where asked, and are not filled by who borrows them', () => {
  const { mounts, volumes } = plan({ VolumesFrom: ['other:ro'] });
  assert.ok(mounts.every(({ readOnly, mode }) => readOnly && mode === ''));
  assert.deepEqual(
    volumes.map(({ use }) => use),
    [{ volume: 'shared', target: '/v', named: true, fill: false }],
  );
});

test('one place is given once, in Docker’s words', () => {
  const message = 'Duplicate mount point: /x';
  const tmpfs: HostConfig['Mounts'] = [{ Type: 'tmpfs', Source: '', Target: '/x', ReadOnly: false }];
  assert.throws(() => plan({ Binds: ['/tmp:/x', 'data:/x/'] }), { message });
  assert.throws(() => plan({ Binds: ['/tmp:/x'], Mounts: tmpfs }), { message });
  assert.throws(() => plan({ Binds: ['/tmp:/x'], Tmpfs: { '/x': '' } }), { message });
  plan({ Mounts: tmpfs, Tmpfs: { '/x': '' } });
  for (const mode of ['zz', 'nocopy', 'shared']) {
    assert.throws(() => plan({ VolumesFrom: [`other:${mode}`] }), { message: `invalid mode: ${mode}` });
  }
  assert.throws(() => plan({ VolumesFrom: [''] }), {
    message: 'volumes-from specification cannot be an empty string',
  });
});
