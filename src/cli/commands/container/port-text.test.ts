import assert from 'node:assert/strict';
import test from 'node:test';
import { portsText } from './port-text.ts';

test('ports are shown as ps of Docker shows them', () => {
  const port = (PrivatePort: number, PublicPort?: number, IP = '0.0.0.0'): Record<string, string | number> =>
    PublicPort === undefined ? { PrivatePort, Type: 'tcp' } : { IP, PrivatePort, PublicPort, Type: 'tcp' };
  assert.equal(portsText([port(80, 8070), port(80, 8070, '::')]), '0.0.0.0:8070->80/tcp, [::]:8070->80/tcp');
  assert.equal(portsText([port(9001, 9001), port(9000, 9000)]), '0.0.0.0:9000-9001->9000-9001/tcp');
  assert.equal(portsText([port(80), port(81), port(443)]), '80-81/tcp, 443/tcp');
});
