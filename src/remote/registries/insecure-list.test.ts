import assert from 'node:assert/strict';
import test from 'node:test';
import { createInsecureList, parseInsecureEntry } from './insecure-list.ts';

const never = async (name: string): Promise<string[]> => assert.fail(`${name} was resolved`);

test('a name is resolved for networks that are configured, and only then', async () => {
  const resolve = async (name: string): Promise<string[]> =>
    name === 'in.example' ? ['192.0.2.7', '10.1.2.3'] : ['192.0.2.7'];
  const list = createInsecureList(['10.0.0.0/8'], [], resolve);
  assert.equal(await list.has('in.example:5000'), true);
  assert.equal(await list.has('out.example'), false);
  const plain = createInsecureList(['reg.example'], [], never);
  assert.equal(await plain.has('other.example'), false);
  assert.equal(await plain.has('reg.example'), true);
  assert.equal(await plain.has('reg.example:5000'), false);
});

test('who answers for DNS cannot make a registry insecure by calling it local', async () => {
  const lying = async (): Promise<string[]> => ['127.0.0.1'];
  assert.equal(await createInsecureList([], [], lying).has('registry.example'), false);
  assert.equal(await createInsecureList(['10.0.0.0/8'], [], lying).has('registry.example'), false);
});

test('docker.io is secure whatever is written', async () => {
  assert.equal(await createInsecureList(['docker.io', '0.0.0.0/0'], [], never).has('docker.io'), false);
});

test("parseInsecureEntry() takes names, ports and networks, and refuses the rest in Docker's words", () => {
  for (const text of ['127.0.0.1', '127.0.0.1:8080', '2001:db8::1', '[2001:db8::1]:80', '1.2.3.0/24']) {
    assert.deepEqual(parseInsecureEntry(text), { entry: text });
  }
  assert.deepEqual(parseInsecureEntry('HTTP://mytest.com'), { entry: 'mytest.com' });
  for (const text of ['-invalid', 'mytest-.com', 'mytest.com:500000', '"mytest.com"', '1.2.3.0/33', 'a/b']) {
    assert.deepEqual(parseInsecureEntry(text), { problem: `insecure registry ${text} is not valid` });
  }
});
