import assert from 'node:assert/strict';
import test from 'node:test';
import { parseExposed, parsePortSpecs } from './port-spec.ts';

const bindings = (...specs: string[]): object => parsePortSpecs(specs).bindings;
const at = (HostPort: string, HostIp = ''): object => ({ HostIp, HostPort });

test('-p takes all of the forms that Docker takes', () => {
  assert.deepEqual(bindings('80'), { '80/tcp': [at('')] });
  assert.deepEqual(bindings('8080:80/udp'), { '80/udp': [at('8080')] });
  assert.deepEqual(bindings('127.0.0.1::80'), { '80/tcp': [at('', '127.0.0.1')] });
  assert.deepEqual(bindings('[::1]:8080:80'), { '80/tcp': [at('8080', '::1')] });
  assert.deepEqual(bindings('8000-8001:80-81'), { '80/tcp': [at('8000')], '81/tcp': [at('8001')] });
  assert.deepEqual(bindings('8000-8010:80'), { '80/tcp': [at('8000-8010')] });
  assert.deepEqual(bindings('8080:80', '8081:80'), { '80/tcp': [at('8080'), at('8081')] });
});

test('what is no port is refused in the words of Docker 28.5', () => {
  const refused: readonly (readonly [spec: string, problem: string])[] = [
    ['a:80', 'Invalid hostPort: a'],
    ['80:a', 'Invalid containerPort: a'],
    ['1.2.3:80:80', 'Invalid ip address: 1.2.3'],
    ['80-82:80-81', 'Invalid ranges specified for container and host Ports: 80-81 and 80-82'],
    ['80:99999', 'Invalid containerPort: 99999'],
    ['80:80/xyz', 'Invalid proto: xyz'],
  ];
  for (const [spec, message] of refused) assert.throws(() => parsePortSpecs([spec]), { message });
});

test('--expose takes ports and ranges', () => {
  assert.deepEqual(parseExposed(['80', '53/udp', '90-91/tcp']), ['80/tcp', '53/udp', '90/tcp', '91/tcp']);
});
