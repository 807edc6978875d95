/** Reads a file in large pieces through SHA-256 or gunzip and drops the result. Usage: read-through.ts sha256|gunzip FILE */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const [, , what, file = ''] = process.argv;
const size = 1 << 20;
const source = createReadStream(file, { highWaterMark: size });
if (what === 'sha256') await pipeline(source, createHash('sha256'));
else {
  const nowhere = new Writable({ highWaterMark: size, write: (_piece, _encoding, done) => done() });
  await pipeline(source, createGunzip({ chunkSize: size }), nowhere);
}
