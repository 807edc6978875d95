import assert from 'node:assert/strict';
import test from 'node:test';
import type { Network } from './network.ts';
import { ruleset, type PublishedPort } from './rules.ts';

const network = (changes: Partial<Network['spec']> = {}): Network => ({
  id: 'a'.repeat(64),
  name: 'backend',
  createdAt: 0,
  spec: {
    driver: 'bridge',
    ipv6: false,
    internal: false,
    attachable: false,
    hasOwnSubnet: false,
    subnets: [{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }],
    options: {},
    labels: {},
    ...changes,
  },
});
const port: PublishedPort = {
  protocol: 'tcp',
  hostIp: '',
  hostPort: 8080,
  containerIp: '172.18.0.2',
  containerPort: 80,
};

test('a published port is an element of the map of its kind', () => {
  const text = ruleset('t', [network()], [port, { ...port, hostIp: '127.0.0.1', protocol: 'udp' }]);
  assert.match(text, /map anywhere4 \{.*elements = \{ tcp \. 8080 : 172\.18\.0\.2 \. 80 \}/);
  assert.match(text, /map address4 \{.*elements = \{ 127\.0\.0\.1 \. udp \. 8080 : 172\.18\.0\.2 \. 80 \}/);
});

test('an internal network is not masqueraded, and without icc its containers do not reach each other', () => {
  const open = ruleset('t', [network()], []);
  assert.match(open, /ip saddr 172\.18\.0\.0\/16 oifname != "br-aaaaaaaaaaaa" masquerade/);
  assert.match(open, /iifname "br-aaaaaaaaaaaa" oifname "br-aaaaaaaaaaaa" accept/);
  const closed = ruleset('t', [network({ internal: true })], []);
  assert.doesNotMatch(closed, /oifname != "br-aaaaaaaaaaaa" masquerade/);
  assert.match(closed, /set internal \{.*"br-aaaaaaaaaaaa"/);
  const apart = ruleset('t', [network({ options: { 'com.docker.network.bridge.enable_icc': 'false' } })], []);
  assert.match(apart, /iifname "br-aaaaaaaaaaaa" oifname "br-aaaaaaaaaaaa" ct status dnat accept/);
});

test('the table is replaced as a whole, also where there was none', () => {
  assert.ok(ruleset('t', [], []).startsWith('table inet t\ndelete table inet t\ntable inet t {\n'));
});
