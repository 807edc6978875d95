import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '../../base/errors.ts';
import { createDeflater, type Deflater } from './deflater.ts';
import { createInflater, type Inflater } from './inflater.ts';
import type { NativeFunction, NativeIsal } from './native.ts';

/**
 * ISA-L, Intel's storage acceleration library (`libisal.so.2`, the work horse of the program igzip), which is as much at
 * home on AMD's and ARM's processors. It inflates and deflates several times as fast as zlib. Optional: where it is not
 * installed, node:zlib does the same work.
 */
export interface Isal {
  /** The file that was loaded, as far as the system tells. */
  readonly path: string | undefined;
  /** `2.30` */
  readonly version: string | undefined;
  createInflater(): Inflater;
  createDeflater(): Deflater;
}

interface Koffi {
  load(path: string): { func(definition: string): NativeFunction };
  address(memory: Uint8Array): bigint;
}

/** The name under which the system's loader finds it; also the version of its structures. */
const soname = 'libisal.so.2';

/**
 * The library of this machine, loaded when it is first asked for. `LAMELLA_ISAL` may name the file, or say `off`.
 *
 * @returns the library, or why it is not used
 */
export const findIsal: () => { isal: Isal } | { isal: undefined; problem: string } = once(() => {
  const named = process.env['LAMELLA_ISAL'] ?? '';
  if (named === 'off') return { isal: undefined, problem: 'LAMELLA_ISAL=off' };
  try {
    return { isal: loadIsal(named === '' ? soname : named) };
  } catch (error) {
    return { isal: undefined, problem: messageOf(error) };
  }
});

/** @throws Error that says why the library cannot be used */
function loadIsal(path: string): Isal {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    throw new Error(`not used on ${process.platform} ${process.arch}`);
  }
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const library = koffi.load(path);
  const native: NativeIsal = {
    inflateInit: library.func('void isal_inflate_init(void *)'),
    inflateReset: library.func('void isal_inflate_reset(void *)'),
    inflate: library.func('int isal_inflate(void *)'),
    deflateInit: library.func('void isal_deflate_init(void *)'),
    deflateSetDict: library.func('int isal_deflate_set_dict(void *, void *, uint32_t)'),
    deflate: library.func('int isal_deflate(void *)'),
    addressOf: (memory) => koffi.address(memory),
  };
  const file = loadedFile();
  const isal: Isal = {
    path: file,
    version: /\.so\.(\d+)\.\d+\.(\d+)$/
      .exec(file ?? '')
      ?.slice(1)
      .join('.'),
    createInflater: () => createInflater(native),
    createDeflater: () => createDeflater(native),
  };
  demandThatItWorks(isal);
  return isal;
}

function loadedFile(): string | undefined {
  const path = /\s(\/\S*\/libisal\S*)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
  return path === undefined ? undefined : realpathSync(path);
}

/** Its structures are filled in from here, by offsets: a library that has others would show it with the first bytes. */
function demandThatItWorks(isal: Isal): void {
  const words = Buffer.from('a layer stays the tar it arrived as\n'.repeat(100));
  const dictionary = words.subarray(0, 1000);
  const deflated = isal.createDeflater().deflateNow(words, { dictionary, isLast: true });
  const output = Buffer.alloc(words.byteLength + 1);
  const inflater = isal.createInflater();
  inflater.begin();
  const member = gzipSync(words);
  const { consumed, produced, isEnd } = inflater.inflateNow(member, output);
  const works =
    inflateRawSync(deflated, { dictionary }).equals(words) &&
    isEnd &&
    consumed === member.byteLength &&
    output.subarray(0, produced).equals(words);
  if (!works) throw new Error('it does not do what it should');
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
