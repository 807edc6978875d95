import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { takeAddress } from './take-address.ts';

const small = { Subnet: '10.0.0.0/29', Gateway: '10.0.0.1', AuxiliaryAddresses: { router: '10.0.0.3' } };

test('the lowest free address is taken, without the network itself, the gateway, those of others and the broadcast', () => {
  const taken = new Set<string>();
  for (const expected of ['10.0.0.2', '10.0.0.4', '10.0.0.5', '10.0.0.6']) {
    const address = takeAddress(small, '', taken);
    assert.equal(address, expected);
    taken.add(address);
  }
  assert.throws(
    () => takeAddress(small, '', taken),
    (error) => isLamellaError(error, 'unavailable'),
  );
});

test('addresses come from the range where there is one', () => {
  const ranged = { Subnet: '10.0.0.0/16', IPRange: '10.0.5.0/24', Gateway: '10.0.0.1' };
  assert.equal(takeAddress(ranged, '', new Set()), '10.0.5.0');
  assert.equal(takeAddress(ranged, '10.0.9.9', new Set()), '10.0.9.9');
});

test('an address that is asked for must be of the subnet and free', () => {
  const code = (wanted: string, taken: string[] = []): string => {
    try {
      return takeAddress(small, wanted, new Set(taken));
    } catch (error) {
      return isLamellaError(error) ? error.code : 'other';
    }
  };
  assert.equal(code('10.0.0.6'), '10.0.0.6');
  assert.equal(code('10.0.0.6', ['10.0.0.6']), 'address-in-use');
  assert.equal(code('10.0.0.1'), 'address-in-use');
  assert.equal(code('10.0.1.1'), 'address-invalid');
  assert.equal(code('10.0.0.6; flush ruleset'), 'address-invalid');
});
