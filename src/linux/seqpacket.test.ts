import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { connectSeqpacket } from './seqpacket.ts';

const server = `
import os, socket, sys
folder, mode = sys.argv[1:]
os.chdir(folder)
listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listening.bind("attach")
listening.listen(1)
print("ready", flush=True)
connection, _ = listening.accept()
if mode == "burst":
    for size in range(1, 201):
        connection.send(bytes([size % 256]) * size * 40)
elif mode == "echo":
    while True:
        packet = connection.recv(65536)
        if not packet:
            break
        connection.send(b"%d:" % len(packet) + packet)
    try:
        connection.send(b"bye")
    except BrokenPipeError:
        pass
else:
    connection.recv(1)
`;

async function serve(t: TestContext, mode: string, folders: string[] = []): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'seqpacket-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, ...folders);
  mkdirSync(folder, { recursive: true });
  const child = spawn('python3', ['-c', server, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
  return join(folder, 'attach');
}

const skip = process.platform === 'linux' ? false : 'SOCK_SEQPACKET on Unix sockets needs Linux';

test('a packet socket keeps the limits of packets that arrive in a burst', { skip }, async (t) => {
  const sizes: number[] = [];
  for await (const packet of connectSeqpacket(await serve(t, 'burst'))) {
    assert.ok(packet.every((byte) => byte === (packet.byteLength / 40) % 256));
    sizes.push(packet.byteLength);
  }
  assert.deepEqual(
    sizes,
    Array.from({ length: 200 }, (_, index) => (index + 1) * 40),
  );
});

test(
  'send() makes one packet of each piece, and endSending() lets the answers still come',
  { skip },
  async (t) => {
    const socket = connectSeqpacket(await serve(t, 'echo'));
    const sent = [1, 20_000, 3, 32_768].map((size) => socket.send(Buffer.alloc(size, 120)));
    const ended = socket.endSending();
    const received: string[] = [];
    for await (const packet of socket) received.push(Buffer.from(packet).toString().replace(/x+/, ''));
    await Promise.all([...sent, ended]);
    assert.deepEqual(received, ['1:', '20000:', '3:', '32768:', 'bye']);
  },
);

test(
  'connectSeqpacket() reaches a socket whose path is longer than a socket address',
  { skip },
  async (t) => {
    const path = await serve(t, 'echo', ['a'.repeat(120), 'b'.repeat(120)]);
    await using socket = connectSeqpacket(path);
    await socket.send(Buffer.from('hello'));
    for await (const packet of socket) {
      assert.equal(Buffer.from(packet).toString(), '5:hello');
      break;
    }
  },
);

test('connectSeqpacket() says which socket is not there', { skip }, () => {
  assert.throws(
    () => connectSeqpacket('/nonexistent/attach'),
    (error) =>
      isLamellaError(error, 'not-found') &&
      error.message === 'connect /nonexistent/attach: no such file or directory',
  );
});

test('a process that waits for a packet ends when told to', { skip }, async (t) => {
  const path = await serve(t, 'silent');
  const program = `
    import { connectSeqpacket } from ${JSON.stringify(join(import.meta.dirname, 'seqpacket.ts'))};
    const socket = connectSeqpacket(${JSON.stringify(path)});
    setTimeout(() => socket.close(), 50);
    for await (const packet of socket) console.log(packet);
    console.log('ended');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.equal(output, 'ended\n');
});
