import { openEngine } from '../../src/engine/engine.ts';

/** `push-worker.ts ROOT NAME`: pushes, and prints a line for each event, at once. */
const [root = '', name = ''] = process.argv.slice(2);
await using engine = openEngine({ root });
const onProgress = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
await Array.fromAsync((await engine.registry()).push(name, { onProgress }));
