import assert from 'node:assert/strict';
import test from 'node:test';
import { configPaths } from './config-paths.ts';

test("root's settings are the machine's; anybody else has own ones before them", () => {
  assert.deepEqual(configPaths({ HOME: '/root' }, true), {
    own: ['/etc/lamella/registries.json'],
    daemon: ['/etc/docker/daemon.json'],
    certificates: ['/etc/lamella/certs.d', '/etc/docker/certs.d', '/etc/containers/certs.d'],
  });
  assert.deepEqual(configPaths({ HOME: '/home/jane' }, false), {
    own: ['/home/jane/.config/lamella/registries.json', '/etc/lamella/registries.json'],
    daemon: ['/home/jane/.config/docker/daemon.json', '/etc/docker/daemon.json'],
    certificates: [
      '/home/jane/.config/lamella/certs.d',
      '/etc/lamella/certs.d',
      '/home/jane/.config/docker/certs.d',
      '/etc/docker/certs.d',
      '/home/jane/.config/containers/certs.d',
      '/etc/containers/certs.d',
    ],
  });
  const [mine] = configPaths({ HOME: '/home/jane', XDG_CONFIG_HOME: '/cfg' }, false).own;
  assert.equal(mine, '/cfg/lamella/registries.json');
});

test('LAMELLA_CONFIG and LAMELLA_DOCKER_ETC are in place of all others', () => {
  assert.deepEqual(configPaths({ LAMELLA_CONFIG: '/l', LAMELLA_DOCKER_ETC: '/d' }, false), {
    own: ['/l/registries.json'],
    daemon: ['/d/daemon.json'],
    certificates: ['/l/certs.d', '/d/certs.d'],
  });
});
