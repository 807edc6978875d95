import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { newNetwork, type NetworkRequest } from './create-network.ts';
import { parsePrefix, type Prefix } from './ip.ts';

const plain: NetworkRequest = {
  name: 'backend',
  driver: 'bridge',
  internal: false,
  attachable: false,
  ipv6: false,
  subnets: [],
  options: {},
  labels: {},
};
const taken = (...texts: string[]): Prefix[] => texts.map((text) => parsePrefix(text) ?? assert.fail(text));
const subnet = (Subnet: string, more: object = {}): NetworkRequest['subnets'] => [
  { Subnet, IPRange: '', Gateway: '', AuxiliaryAddresses: {}, ...more },
];

function refusal(changes: Partial<NetworkRequest>, others: Prefix[] = []): string {
  try {
    newNetwork({ ...plain, ...changes }, others, 0);
  } catch (error) {
    return isLamellaError(error) ? error.message : String(error);
  }
  return '';
}

test('a network takes the first of the pools that nobody has', () => {
  const { spec } = newNetwork(plain, taken('172.17.0.0/16', '172.18.7.0/24'), 0);
  assert.deepEqual(spec.subnets, [{ Subnet: '172.19.0.0/16', Gateway: '172.19.0.1' }]);
  const last = newNetwork(plain, taken('172.16.0.0/12', '192.168.0.0/19'), 0);
  assert.deepEqual(last.spec.subnets, [{ Subnet: '192.168.32.0/20', Gateway: '192.168.32.1' }]);
  assert.match(
    refusal({}, taken('172.16.0.0/12', '192.168.0.0/16')),
    /^all predefined address pools have been fully subnetted$/,
  );
});

test('with --ipv6 it has a unique local subnet too', () => {
  const { spec } = newNetwork({ ...plain, ipv6: true }, [], 0);
  assert.match(spec.subnets[1]?.Subnet ?? '', /^fd[0-9a-f]{2}:.*::\/64$/);
});

test('what cannot be is refused as Docker 28.5 does', () => {
  assert.equal(refusal({ name: 'bridge' }), 'operation is not permitted on predefined bridge network');
  assert.equal(refusal({ driver: 'foo' }), 'plugin "foo" not found');
  assert.equal(refusal({ driver: 'host' }), 'only one instance of "host" network is allowed');
  assert.equal(
    refusal({ subnets: subnet('10.300.0.0/24') }),
    'invalid network config:\ninvalid subnet 10.300.0.0/24: invalid CIDR block notation',
  );
  assert.equal(
    refusal({ subnets: subnet('10.66.0.1/24') }),
    'invalid network config:\ninvalid subnet 10.66.0.1/24: it should be 10.66.0.0/24',
  );
  assert.equal(
    refusal({ subnets: subnet('172.17.3.0/24') }, taken('172.17.0.0/16')),
    'invalid pool request: Pool overlaps with other one on this address space',
  );
});

test('no text of a person reaches a command or a file of rules unchecked', () => {
  const evil = ['a b', 'a;b', 'a\nb', '"; flush ruleset; "', '../x', '', '-rf', 'a'.repeat(16)];
  for (const text of evil) {
    const options = { 'com.docker.network.bridge.name': text };
    assert.match(refusal({ options }), /invalid name of a bridge/, JSON.stringify(text));
    if (text.length < 16) assert.match(refusal({ name: text }), /invalid network name/, JSON.stringify(text));
    assert.match(refusal({ options: { 'com.docker.network.driver.mtu': text } }), /invalid MTU/);
    const host = { 'com.docker.network.bridge.host_binding_ipv4': text };
    assert.match(refusal({ options: host }), /invalid value/);
    for (const key of ['Gateway', 'IPRange']) {
      if (text !== '')
        assert.match(
          refusal({ subnets: subnet('10.0.0.0/24', { [key]: text }) }),
          /invalid (gateway|ip-range)/,
        );
    }
  }
});
