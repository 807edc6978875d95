/**
 * Passes connections on to another port of this machine, as a bad line would: every piece comes late, and now and then a
 * connection breaks. Usage: slow-link.ts PORT TARGET-PORT DELAY-MS BREAKS-PER-MB
 */
import { connect, createServer, type Socket } from 'node:net';

const [port = 0, target = 0, delay = 0, breaks = 0] = process.argv.slice(2).map(Number);
const piece = 1 << 20;

/** Numbers between 0 and 1 that are the same in every run, so that all engines meet the same line. */
function* steadyRandom(): Generator<number, never> {
  for (let state = 12345; ;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state / 2 ** 32;
  }
}
const random = steadyRandom();

function pass(from: Socket, to: Socket, breakBoth: () => void): void {
  let untilDice = piece;
  from.on('data', (bytes: Buffer) => {
    untilDice -= bytes.length;
    const cut = untilDice <= 0 && random.next().value < breaks;
    if (untilDice <= 0) untilDice = piece;
    // As much may be under way as a fast line holds in that time; then the sender waits.
    if (to.writableLength > 64 * piece) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    setTimeout(() => {
      if (cut) breakBoth();
      else if (!to.destroyed) to.write(bytes);
    }, delay);
  });
  from.on('end', () => setTimeout(() => to.end(), delay));
  from.on('error', breakBoth);
  from.on('close', () => setTimeout(() => to.end(), delay));
}

createServer((client) => {
  const server = connect(target, '127.0.0.1');
  const breakBoth = (): void => {
    client.destroy();
    server.destroy();
  };
  pass(client, server, breakBoth);
  pass(server, client, breakBoth);
}).listen(port, '127.0.0.1');
