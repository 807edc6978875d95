import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ConnectionCut, type Exchange, type Fault } from './exchange.ts';

const pieceSize = 64 << 10;

/** Writes an answer, with what the fault wants to be wrong about it. */
export async function send(exchange: Exchange, answer: Answer, response: ServerResponse): Promise<void> {
  const { record, fault } = exchange;
  const { status, headers, body } = shape(exchange, answer);
  if (fault.cutAfter === 0) throw new ConnectionCut();
  record.status = status;
  response.statusCode = status;
  const all: Record<string, string | string[] | undefined> = {
    'content-length': `${fault.contentLength ?? body.byteLength}`,
    ...headers,
    ...fault.headers,
    ...(fault.endless === true && { 'content-length': undefined }),
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) response.setHeader(name, value);
  response.strictContentLength = false;
  if (record.method === 'HEAD') {
    response.end();
    return;
  }
  await writeBody(exchange, body, response);
}

/** Applies what changes the content, then the range that is asked for. */
function shape(
  { record, request, fault }: Exchange,
  answer: Answer,
): {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
} {
  const status = fault.status ?? answer.status;
  const headers = { ...(fault.status === undefined && answer.headers) };
  const right = fault.status === undefined ? Buffer.from(answer.body ?? '') : Buffer.alloc(0);
  const body = changed(right, fault);
  if (answer.ranges !== true || status !== 200 || fault.range === 'ignore') return { status, headers, body };
  headers['accept-ranges'] = 'bytes';
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (wanted === null || record.method === 'HEAD') return { status, headers, body };
  const start = Number(wanted[1]);
  const end = Math.min(wanted[2] === '' ? Infinity : Number(wanted[2]) + 1, body.byteLength);
  if (fault.range === 'refuse' || start >= body.byteLength || end <= start) {
    return { status: 416, headers: { 'content-range': `bytes */${body.byteLength}` }, body: Buffer.alloc(0) };
  }
  const shift = fault.range === 'shift' ? 1 : 0;
  const stop = fault.range === 'short' ? start + Math.ceil((end - start) / 2) : end;
  const lie = fault.range === 'lie' ? 1 : 0;
  headers['content-range'] = `bytes ${start + lie}-${stop - 1}/${body.byteLength}`;
  return { status: 206, headers, body: body.subarray(start + shift, stop + shift) };
}

function changed(right: Buffer, { body }: Fault): Buffer {
  if (body === undefined) return right;
  return typeof body === 'function' ? body(right) : Buffer.from(body);
}

async function writeBody({ record, fault }: Exchange, body: Buffer, response: ServerResponse): Promise<void> {
  const cutAfter = fault.cutAfter ?? Infinity;
  const pace = fault.bytesPerSecond;
  const size = pace === undefined ? pieceSize : Math.max(1, Math.min(pieceSize, Math.ceil(pace / 50)));
  do {
    for (let at = 0; at < body.byteLength; at += size) {
      const piece = body.subarray(at, Math.min(at + size, at + cutAfter - record.sent, body.byteLength));
      if (response.destroyed) return;
      const flows = response.write(piece);
      record.sent += piece.byteLength;
      if (record.sent >= cutAfter) await cut(response);
      if (!flows) await drained(response);
      if (pace !== undefined) await sleep((piece.byteLength * 1000) / pace);
    }
  } while (fault.endless === true && body.byteLength > 0);
  response.end();
}

/** What was written goes out before the connection is destroyed. */
async function cut(response: ServerResponse): Promise<never> {
  await new Promise<void>((resolve) => {
    if (response.destroyed) resolve();
    else response.write('', () => resolve());
  });
  throw new ConnectionCut();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
