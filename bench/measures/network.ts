import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { ensureGone, startIdle } from './idle-container.ts';
import { atMost, type Measure } from './measure.ts';

const container = 'bench-network';
const port = 18_765;
const gigabytes = 4;
const requests = 500;

/** In the container: sends as much as the other side takes, or answers with one line. */
const server = `
use IO::Socket::INET; $SIG{CHLD} = 'IGNORE'; $SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalPort => 80, Listen => 128, ReuseAddr => 1) or die;
while (1) {
  my $client = $listener->accept or next;
  my $asked = <$client>;
  if ($asked =~ /^bulk/) { fork or do { my $block = 'x' x 1048576; 1 while syswrite($client, $block); exit }; }
  else { print $client "pong\\n"; }
  close $client;
}`;

/** On the machine: seconds for so many gigabytes, and seconds for one short request, from its connect to its answer. */
const client = `
import socket, time
def connect(word):
    peer = socket.create_connection(("127.0.0.1", ${port}))
    peer.sendall(word)
    return peer
for _ in range(100):
    try:
        connect(b"ping\\n").recv(5)
        break
    except OSError:
        time.sleep(0.1)
begin, left, block = time.monotonic(), ${gigabytes} * 10**9, bytearray(1 << 20)
with connect(b"bulk\\n") as peer:
    while left > 0:
        left -= peer.recv_into(block)
bulk = time.monotonic() - begin
begin = time.monotonic()
for _ in range(${requests}):
    with connect(b"ping\\n") as peer:
        peer.recv(5)
print(bulk, (time.monotonic() - begin) / ${requests})
`;

export const runBridge: Measure<'run-bridge'> = {
  name: 'run-bridge',
  rounds: 9,
  metrics: {
    'run-bridge': { title: 'run --rm … true', unit: 'seconds', goal: atMost(0.5, 'docker') },
  },
  setup: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  run: (engine) => ({
    'run-bridge': timed(engine.command('run', '--rm', ...engine.runFlags, imageName, 'true')).seconds,
  }),
};

export const network: Measure<'network-bulk' | 'network-request'> = {
  name: 'network',
  rounds: 3,
  metrics: {
    'network-bulk': {
      title: `${gigabytes} GB through a published port`,
      unit: 'seconds',
      goal: atMost(1, 'podman'),
    },
    'network-request': {
      title: 'a short request to a published port',
      unit: 'seconds',
      goal: atMost(1, 'podman'),
    },
  },
  // One after the other on the same port, so each engine has it only while it is its turn.
  run(engine, { fixtures }) {
    startIdle(engine, fixtures, container, ['--publish', `${port}:80`], ['perl', '-e', server]);
    try {
      const [bulk, request] = timed({ argv: ['python3', '-c', client] })
        .stdout.split(' ')
        .map(Number);
      return {
        ...(bulk === undefined ? {} : { 'network-bulk': bulk }),
        ...(request === undefined ? {} : { 'network-request': request }),
      };
    } finally {
      ensureGone(engine, container);
    }
  },
};
