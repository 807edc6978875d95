/** A template that cannot be read, or that failed on the data; the message is Go's. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Line from 1 and byte in that line from 0, as Go counts them. */
export function placeOf(text: string, position: number): { line: number; byte: number } {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, byte: Buffer.byteLength(before.slice(lineStart)) };
}
