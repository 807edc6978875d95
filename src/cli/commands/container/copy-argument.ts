/** One side of a copy. Without a container it is a path of this machine. */
export interface CopyArgument {
  readonly container?: string;
  readonly path: string;
}

/**
 * `CONTAINER:PATH` or a path of this machine. One with a colon in it is written so that it shows: `./a:b` or `/tmp/a:b`.
 */
export function splitCopyArgument(text: string): CopyArgument {
  const colon = text.indexOf(':');
  if (text.startsWith('/') || text.startsWith('.') || colon <= 0) return { path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}
