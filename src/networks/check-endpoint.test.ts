import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { newNetwork } from './create-network.ts';
import { noWishes, type EndpointRequest } from './endpoint.ts';
import type { NetworkSpec } from './network.ts';

function specOf(subnets: readonly string[]): NetworkSpec {
  const plain = {
    driver: 'bridge',
    internal: false,
    attachable: false,
    ipv6: false,
    options: {},
    labels: {},
  };
  const asked = subnets.map((Subnet) => ({ Subnet, IPRange: '', Gateway: '', AuxiliaryAddresses: {} }));
  return newNetwork({ ...plain, name: 'back', subnets: asked }, [], 0).spec;
}

function problemOf(changes: Partial<EndpointRequest>, spec: NetworkSpec): string {
  try {
    checkEndpoint('back', { ...noWishes, ...changes }, spec);
    return '';
  } catch (error) {
    assert.ok(isLamellaError(error, 'invalid'));
    return error.message;
  }
}

test('an address can be asked for only on a network whose subnet somebody chose', () => {
  const asked = { IPv4Address: '10.80.0.9' };
  assert.equal(problemOf(asked, specOf(['10.80.0.0/24'])), '');
  assert.equal(
    problemOf(asked, specOf([])),
    'invalid config for network back: invalid endpoint settings:\n' +
      'user specified IP address is supported only when connecting to networks with user configured subnets',
  );
  assert.equal(problemOf({}, specOf([])), '');
});

test('an IPv6 address is refused where the network has none, link-local addresses and driver options always', () => {
  const spec = specOf(['10.80.0.0/24']);
  assert.match(
    problemOf({ IPv6Address: 'fd00::9' }, spec),
    /no configured subnet contains IP address fd00::9/,
  );
  assert.match(problemOf({ LinkLocalIPs: ['169.254.3.3'] }, spec), /not supported: 169\.254\.3\.3/);
  assert.match(problemOf({ DriverOpts: { 'com.example.x': '1' } }, spec), /not supported: com\.example\.x/);
});
