import assert from 'node:assert/strict';
import test from 'node:test';
import { freeAddress, gatewayOf } from './connect-options.ts';
import { pastaArguments } from './pasta.ts';

const options = { namespace: '/run/x.netns', address: '10.0.7.100', pidFile: '/run/x.pid' };

test('pasta forwards what is published and nothing else, and hides the machine’s own loopback', () => {
  const port = { hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' as const };
  const ports = [
    port,
    { ...port, hostIp: '127.0.0.1', hostPort: 5353, containerPort: 53, protocol: 'udp' as const },
  ];
  const line = pastaArguments({ ...options, ports }).join(' ');
  assert.match(line, /--tcp-ports 8080:80 --udp-ports 127\.0\.0\.1\/5353:53 --tcp-ns=none --udp-ns=none/);
  assert.match(line, /--no-map-gw .*--gateway=10\.0\.7\.2 /);
  assert.match(pastaArguments({ ...options, ports: [] }).join(' '), /--tcp-ports none --udp-ports none/);
});

test('each container has an address of its own', () => {
  const taken = new Set<string>();
  for (let count = 0; count < 300; count += 1) taken.add(freeAddress(taken));
  assert.equal(taken.size, 300);
  assert.equal(gatewayOf(freeAddress(taken)), '10.1.46.2');
});
