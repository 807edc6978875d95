import type { ClientRequest } from 'node:http';
import type { Alarm } from './alarm.ts';
import type { RequestBody } from './message.ts';

/** Small, so that each that leaves shows that the line is alive. */
const sliceSize = 64 << 10;

/** @returns whether all was sent: where the server has answered before it had everything, the rest is kept */
export async function sendBody(
  request: ClientRequest,
  body: RequestBody,
  { alarm, answered }: { alarm: Alarm; answered: () => boolean },
): Promise<boolean> {
  let sent = 0;
  for await (const piece of body.open()) {
    for (let at = 0; at < piece.byteLength; at += sliceSize) {
      if (answered() || request.destroyed) return false;
      const slice = piece.subarray(at, at + sliceSize);
      const flows = request.write(slice, (error) => {
        if (error !== undefined && error !== null) return;
        sent += slice.byteLength;
        alarm.restart();
        body.onSent?.(sent);
      });
      if (!flows) await drained(request);
    }
  }
  return true;
}

async function drained(request: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      request.off('drain', done).off('close', done).off('response', done);
      resolve();
    };
    request.on('drain', done).on('close', done).on('response', done);
  });
}
