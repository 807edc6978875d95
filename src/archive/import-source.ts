import { open } from 'node:fs/promises';
import { LamellaError, messageOf, systemErrorCode } from '../base/errors.ts';
import { type ByteStream, readChunks } from '../base/streams.ts';

export interface ImportSource {
  readonly content: ByteStream;
  /** What the image's comment names: Docker's client sends a file's bytes, so that a file is `-` as well. */
  readonly label: string;
}

export interface ImportSourceDeps {
  readonly stdin: () => ByteStream;
  /** Node's own by default. */
  readonly fetch?: typeof fetch;
}

/**
 * Opens what `import` is given: `-`, a URL, or a file.
 *
 * @throws LamellaError not-found `file-not-found`, unavailable `download-failed`
 */
export async function openImportSource(
  text: string,
  { stdin, fetch: fetch_ = fetch }: ImportSourceDeps,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ImportSource> {
  if (text === '-') return { content: stdin(), label: '-' };
  if (/^https?:\/\//.test(text)) return { content: await download(text, fetch_, signal), label: text };
  return { content: await readFile(text), label: '-' };
}

async function readFile(path: string): Promise<ByteStream> {
  try {
    const file = await open(path, 'r');
    const info = await file.stat();
    return info.isFile()
      ? closing(file, readChunks(file))
      : file.createReadStream({ highWaterMark: 1 << 20 });
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw new LamellaError('not-found', `open ${path}: no such file or directory`, {
      code: 'file-not-found',
      cause,
    });
  }
}

async function* closing(file: AsyncDisposable, content: ByteStream): ByteStream {
  await using _ = file;
  yield* content;
}

async function download(
  url: string,
  fetch_: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<ByteStream> {
  const response = await fetch_(url, signal ? { signal } : {}).catch((cause: unknown) => {
    throw failed(
      `Get ${JSON.stringify(url)}: ${messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause)}`,
      cause,
    );
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw failed(`Got HTTP status code >= 400: ${response.status} ${response.statusText}`);
  }
  return response.body;
}

function failed(message: string, cause?: unknown): LamellaError {
  return new LamellaError('unavailable', message, { code: 'download-failed', cause });
}
