import type { ClientRequest } from 'node:http';
import type { Alarm } from './alarm.ts';
import type { RequestBody, Timeouts } from './message.ts';

/** Small, so that each that leaves shows that the line is alive. */
const sliceSize = 64 << 10;

/** @returns whether all was sent: where the server has answered before it had everything, the rest is kept */
export async function sendBody(
  request: ClientRequest,
  body: RequestBody,
  { alarm, timeouts, answered }: { alarm: Alarm; timeouts: Timeouts; answered: () => boolean },
): Promise<boolean> {
  let sent = 0;
  let given = 0;
  for await (const piece of body.open()) {
    given += piece.byteLength;
    if (given > body.size) throw new Error(`a body has more than the ${body.size} bytes that were announced`);
    for (let at = 0; at < piece.byteLength; at += sliceSize) {
      if (answered() || request.destroyed) return false;
      const slice = piece.subarray(at, at + sliceSize);
      const flows = request.write(slice, (error) => {
        if (error !== undefined && error !== null) return;
        sent += slice.byteLength;
        if (sent < body.size) watchSending(request, alarm, timeouts);
        else alarm.set('head', timeouts.afterBody);
        body.onSent?.(sent);
      });
      watchSending(request, alarm, timeouts);
      if (!flows) await drained(request);
    }
  }
  if (given < body.size) throw new Error(`a body has ${given} bytes instead of ${body.size}`);
  return true;
}

/** Silence counts only while something is on its way: how long the source takes is no fault of the server. */
export function watchSending(request: ClientRequest, alarm: Alarm, { idle }: Timeouts): void {
  const { socket } = request;
  if (socket === null || socket.connecting) return;
  if (request.writableLength > 0) alarm.set('body', idle);
  else alarm.stop();
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
