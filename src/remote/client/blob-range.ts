import type { ByteStream } from '../../base/streams.ts';
import { wrongAnswer } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { isWebPage, refuseEncoding, webPage } from '../http/read-json.ts';

/** Bytes from `start` to before `end`, of a blob of `size` bytes. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** What a server sends: it may have begun earlier, or end earlier, than asked. */
export interface BlobAnswer {
  readonly start: number;
  readonly end: number;
  readonly bytes: ByteStream;
}

/** The answer to a request for a part or the whole of a blob, its head checked. */
export function blobAnswer(response: HttpResponse, extent: Extent): BlobAnswer {
  try {
    if (isWebPage(response)) throw webPage(response);
    refuseEncoding(response);
    const { start, end } =
      response.status === 206 ? contentRange(response, extent) : { start: 0, end: extent.size };
    const length = response.header('content-length');
    if (length !== undefined && Number(length) !== end - start) {
      throw wrongAnswer(
        `size mismatch: ${response.url.host} announced ${length} bytes where there should be ${end - start}`,
        { code: 'size-mismatch' },
      );
    }
    return { start, end, bytes: response.body };
  } catch (error) {
    response.discard();
    throw error;
  }
}

/** RFC 9110, 14.2; undefined for the whole. */
export function rangeOf({ start, end, size }: Extent): string | undefined {
  return start === 0 && end === size ? undefined : `bytes=${start}-${end - 1}`;
}

/**
 * Which part a 206 brings (RFC 9110, 14.4).
 *
 * @throws ServerFailure invalid `registry-answer-invalid` where that is another than asked for
 */
function contentRange(response: HttpResponse, { start, end, size }: Extent): Extent {
  const text = response.header('content-range') ?? '';
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text.trim()) ?? [];
  const found = { start: Number(first), end: Number(last) + 1, size };
  const isRight =
    first !== undefined &&
    found.start === start &&
    found.end > found.start &&
    found.end <= end &&
    (total === '*' || Number(total) === size);
  if (isRight) return found;
  throw wrongAnswer(
    `invalid answer from ${response.url.host}: the range ${JSON.stringify(text.slice(0, 80))} instead of bytes ${start}-${end - 1}/${size}`,
  );
}

/**
 * The bytes of an answer up to the end that was asked for. Where the server has cut the part short, the rest is asked for.
 *
 * @throws ServerFailure invalid `size-mismatch` where more comes than the blob has
 */
export async function* blobPieces(
  first: BlobAnswer,
  asked: Extent,
  request: (extent: Extent) => Promise<BlobAnswer>,
): ByteStream {
  let answer = first;
  let position = first.start;
  for (;;) {
    for await (const piece of answer.bytes) {
      if (position + piece.byteLength > answer.end) throw tooLong(asked.size);
      const wanted = Math.min(piece.byteLength, asked.end - position);
      position += wanted;
      if (wanted > 0) yield wanted === piece.byteLength ? piece : piece.subarray(0, wanted);
      // With an answer that was not told to end here, the rest is left: see whether it is none only at the blob's end.
      if (position === asked.end && answer.end > asked.end) return;
    }
    if (position < answer.end) throw tooShort(answer.end - position);
    if (position >= asked.end) return;
    answer = await request({ ...asked, start: position });
    if (answer.start !== position)
      throw wrongAnswer('invalid answer: ranges are known to the server only sometimes');
  }
}

function tooLong(size: number): Error {
  return wrongAnswer(`size mismatch: expected ${size} bytes, got more`, { code: 'size-mismatch' });
}

function tooShort(missing: number): Error {
  return wrongAnswer(`size mismatch: ${missing} bytes less than announced`, { code: 'size-mismatch' });
}
