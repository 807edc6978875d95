import { messageOf } from '../../base/errors.ts';
import { CliError } from '../errors/cli-error.ts';
import type { CommandContext } from './context.ts';
import { openInput, type OpenedInput } from './read-input.ts';

/** What `import` reads from: `-` for standard input, an http(s) URL, or a file. */
export async function openSource(
  context: CommandContext,
  source: string,
  signal: AbortSignal,
): Promise<OpenedInput> {
  if (source === '-') {
    return { content: context.io.stdin.stream(), size: undefined, [Symbol.asyncDispose]: async () => {} };
  }
  return isUrl(source) ? openUrl(source, signal) : openInput(source);
}

export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

async function openUrl(url: string, signal: AbortSignal): Promise<OpenedInput> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new CliError(`Get ${JSON.stringify(url)}: ${messageOf(cause)}`);
  }
  const { body } = response;
  if (!response.ok || body === null) {
    await body?.cancel();
    throw new CliError(
      `failed to download ${url} with status code ${response.status} ${response.statusText}`,
    );
  }
  const length = Number(response.headers.get('content-length') ?? 0);
  return {
    content: body as AsyncIterable<Uint8Array>,
    size: length > 0 ? length : undefined,
    [Symbol.asyncDispose]: async () => {
      if (!body.locked) await body.cancel();
    },
  };
}
