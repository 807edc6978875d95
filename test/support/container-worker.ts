import { isLamellaError } from '../../src/base/errors.ts';
import { exampleImage, exampleRequest } from './container-request.ts';
import { openService } from './containers.ts';

/**
 * A process that works on the containers of a lab: `record ID` is what conmon calls when one has ended; `keep` checks the
 * health of all; `hold ID` starts
 * one in the foreground and waits; `create` makes one and waits
 * until its standard input ends; `hammer ID N` starts, stops and looks at it N times, as others do the same.
 */
const [folder = '', action, id = '', count = '0'] = process.argv.slice(2);
using opened = openService(folder);
const { service } = opened;

if (action === 'record') {
  await service.recordExit(id);
} else if (action === 'keep') {
  await service.keepHealth();
} else if (action === 'hold') {
  const ended = service.wait(id, { condition: 'next-exit' });
  await service.start(id);
  process.stdout.write('started\n');
  await ended;
} else if (action === 'create') {
  const created = await service.create(exampleRequest(['true']), exampleImage);
  process.stdout.write(`${created.id}\n`);
  await Array.fromAsync(process.stdin);
} else if (action === 'hammer') {
  for (let round = 0; round < Number(count); round += 1) {
    try {
      await service.start(id);
      const { status } = await service.find(id);
      if (status !== 'running' && status !== 'exited') throw new Error(`impossible status ${status}`);
      if (round % 2 === 0) await service.stop(id, { signal: 'KILL', timeout: 5 });
    } catch (error) {
      // Somebody else was faster: that is what a person would be told too.
      if (!isLamellaError(error, 'conflict')) throw error;
    }
  }
}
