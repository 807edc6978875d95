import { collectBytes } from '../../base/streams.ts';
import { documentLimit } from '../../oci/strict-json.ts';
import { type ServerFailure, wrongAnswer } from './failure.ts';
import type { HttpResponse } from './message.ts';

/** Media type without parameters, in lower case. */
export function contentType(response: HttpResponse): string {
  return (response.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** What a captive portal or a mirror that is a web page answers with. */
export function isWebPage(response: HttpResponse): boolean {
  const type = contentType(response);
  return type === 'text/html' || type === 'application/xhtml+xml';
}

/**
 * The body as a whole.
 *
 * @throws ServerFailure invalid `registry-answer-invalid` where it is more than `limit` bytes, or encoded
 */
export async function readWhole(response: HttpResponse, limit: number = documentLimit): Promise<Buffer> {
  refuseEncoding(response);
  const announced = Number(response.header('content-length') ?? 0);
  if (announced > limit) {
    response.discard();
    throw tooLarge(response, limit);
  }
  try {
    return await collectBytes(response.body, limit);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'too-large')
      throw tooLarge(response, limit);
    throw error;
  }
}

/** We ask for no encoding: digests are of the bytes as they are. */
export function refuseEncoding(response: HttpResponse): void {
  const encoding = response.header('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return;
  response.discard();
  throw wrongAnswer(`invalid answer from ${response.url.host}: content encoding ${encoding.slice(0, 40)}`);
}

function tooLarge({ url }: HttpResponse, limit: number): Error {
  return wrongAnswer(`invalid answer from ${url.host}: larger than ${limit} bytes`);
}

/** A page for people, where a registry should be. */
export function webPage({ url }: HttpResponse): ServerFailure {
  return wrongAnswer(`invalid answer from ${url.host}: a web page instead of what a registry has`, {
    hint: 'A captive portal or a mirror that is no more answers like this: open a browser and look.',
  });
}
