import { wrongAnswer } from '../http/failure.ts';

/**
 * The next page of a list (RFC 8288; OCI Distribution Specification, "Listing Tags"), which must be of the same server.
 *
 * @throws ServerFailure invalid `registry-answer-invalid`
 */
export function nextLink(headers: readonly string[], from: URL): URL | undefined {
  for (const header of headers) {
    for (const [, target = '', parameters = ''] of header.matchAll(/<([^<>]{0,4096})>([^<>]{0,200})/g)) {
      if (!/;\s*rel="?next"?/i.test(parameters)) continue;
      const url = URL.parse(target, from.href);
      if (url !== null && url.origin === from.origin) return url;
      throw wrongAnswer(`invalid answer from ${from.host}: the next page is of another server`);
    }
  }
  return undefined;
}
