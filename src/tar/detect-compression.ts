export type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

/** As many first bytes as {@link detectCompression} makes use of. */
export const detectionLength = 10;

const xzMagic = Buffer.from('\xfd7zXZ\0', 'latin1');
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const zstdSkippable = Buffer.from([0x2a, 0x4d, 0x18]);
/** What follows `BZh` and the level: the first block, or the end of an empty stream. */
const bzip2Starts = [Buffer.from('314159265359', 'hex'), Buffer.from('177245385090', 'hex')];

/**
 * The compression that a file's first bytes tell, from at least 6 of them; with 10 a tar whose first name is `BZh…` is not
 * taken for bzip2.
 */
export function detectCompression(head: Uint8Array): Compression {
  const starts = (magic: Uint8Array, at = 0): boolean => {
    const part = head.subarray(at, at + magic.byteLength);
    return part.byteLength === magic.byteLength && part.every((byte, index) => byte === magic[index]);
  };
  if (starts(Buffer.from([0x1f, 0x8b, 0x08]))) return 'gzip';
  if (starts(zstdMagic)) return 'zstd';
  if (starts(zstdSkippable, 1) && ((head[0] as number) & 0xf0) === 0x50) return 'zstd';
  if (starts(xzMagic)) return 'xz';
  if (starts(Buffer.from('BZh'))) {
    const level = (head[3] ?? 0) - 0x30;
    const known = head.byteLength < detectionLength || bzip2Starts.some((start) => starts(start, 4));
    if (level >= 1 && level <= 9 && known) return 'bzip2';
  }
  return 'none';
}
