import assert from 'node:assert/strict';
import test from 'node:test';
import { exampleImage, exampleRequest } from '../../test/support/container-request.ts';
import { containerSpec } from './create-container.ts';
import { hostsFile, resolvConf } from './host-file-texts.ts';
import type { HostConfig } from './host-config.ts';
import type { ContainerSpec } from './types.ts';

const specOf = (
  config: { Hostname: string; Domainname: string },
  hostConfig: Partial<HostConfig> = {},
): ContainerSpec =>
  containerSpec('1'.repeat(64), exampleRequest(['true'], { config, hostConfig }), exampleImage, []);
const none = { addresses: [], nameServers: [], hostGateway: '' };
const plain = { Dns: [], DnsSearch: [], DnsOptions: [] };

test('the hosts file ends as Docker writes it: added hosts, then the own name', () => {
  const spec = specOf(
    { Hostname: 'h', Domainname: 'd.e' },
    { ExtraHosts: ['a:host-gateway', 'b:1.2.3.4', 'six:[::1]'] },
  );
  const text = hostsFile(spec, { ...none, addresses: ['172.17.0.2'], hostGateway: '172.17.0.1' });
  assert.ok(text.startsWith('127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'));
  assert.ok(
    text.endsWith('ff02::2\tip6-allrouters\n172.17.0.1\ta\n1.2.3.4\tb\n::1\tsix\n172.17.0.2\th.d.e h\n'),
  );
});

test('name servers of the machine itself are left out, and public ones stand in for them', () => {
  const machine = 'nameserver 127.0.0.1\nnameserver ::1\nsearch example.org\noptions edns0\n';
  assert.equal(
    resolvConf(machine, plain, { isShared: false, nameServers: [] }),
    'nameserver 8.8.8.8\nnameserver 8.8.4.4\nsearch example.org\noptions edns0\n',
  );
  assert.equal(resolvConf(machine, plain, { isShared: true, nameServers: [] }), machine);
});

test('what is asked for stands in place of the parts of the machine, and the server of a network before all', () => {
  const asked = { Dns: ['1.1.1.1'], DnsSearch: ['ex.org'], DnsOptions: ['ndots:2'] };
  const machine = 'nameserver 9.9.9.9\nsearch example.org\n';
  assert.equal(
    resolvConf(machine, asked, { isShared: false, nameServers: [] }),
    'nameserver 1.1.1.1\nsearch ex.org\noptions ndots:2\n',
  );
  assert.equal(
    resolvConf(machine, plain, { isShared: false, nameServers: ['172.19.0.1'] }),
    'nameserver 172.19.0.1\nsearch example.org\n',
  );
});
