import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { LamellaError } from '../base/errors.ts';
import { type ByteStream, streamOf } from '../base/streams.ts';
import { type Digest, Digester, digestAlgorithm } from '../oci/digest.ts';
import { type BlobInfo, type BlobStore, documentLimit, type ExpectedBlob } from './blob-store.ts';
import { corruptBlob, IncomingCheck, unknownBlob, verifiedStream } from './verified-stream.ts';

/** Blobs that end with the process: for tests, and for looking into an archive without storing it. */
export function createMemoryBlobStore(): BlobStore {
  const blobs = new Map<Digest, { info: BlobInfo; bytes: Buffer }>();

  async function put(stream: ByteStream, expected: ExpectedBlob = {}): Promise<BlobInfo> {
    const check = new IncomingCheck(expected);
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) {
      check.update(piece);
      pieces.push(piece);
    }
    const info = { ...check.finish(), createdAt: Date.now() };
    blobs.set(info.digest, { info, bytes: Buffer.concat(pieces) });
    return info;
  }

  function known(digest: Digest): { info: BlobInfo; bytes: Buffer } {
    const blob = blobs.get(digest);
    if (blob === undefined) throw unknownBlob(digest);
    return blob;
  }

  return {
    put,
    putBytes: (bytes, expected) => put(streamOf(bytes), expected),
    async adopt(path, { digest, size }) {
      const stored = await put(createReadStream(path), { digest, size });
      await unlink(path);
      return stored;
    },
    async get(digest) {
      const { info, bytes } = known(digest);
      return verifiedStream(streamOf(bytes), digest, info.size);
    },
    async read(digest, limit = documentLimit) {
      const { info, bytes } = known(digest);
      if (info.size > limit) {
        throw new LamellaError('invalid', `blob ${digest} is larger than ${limit} bytes`, {
          code: 'too-large',
        });
      }
      const digester = new Digester(digestAlgorithm(digest));
      digester.update(bytes);
      if (digester.digest() !== digest) throw corruptBlob(digest, 'its content has changed');
      return bytes;
    },
    has: (digest) => blobs.has(digest),
    stat: (digest) => blobs.get(digest)?.info,
    list: () => [...blobs.values()].map(({ info }) => info).sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    verify: async () => undefined,
    collect: async () => ({ freed: 0 }),
  };
}
