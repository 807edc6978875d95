import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLamellaError } from '../../src/base/errors.ts';
import type { FinishedTree } from '../../src/erofs/finished-tree.ts';
import { LayerTree } from '../../src/erofs/layer-tree.ts';
import { ErofsReader } from '../../src/erofs/reader.ts';
import { writeErofs } from '../../src/erofs/writer.ts';
import { mount, MS_RDONLY, umount } from '../../src/linux/mount.ts';
import { formatTarHeader, tarPadding, tarTrailer, type TarMember } from '../../src/tar/writer.ts';
import { TarScanner } from '../../src/tar/scanner.ts';

/** A new folder under the system's temporary one, removed with everything in it at the end of the scope. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'lamella-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes the index of a tar file. */
export function indexTar(tar: string, index: string): FinishedTree {
  const input = openSync(tar, 'r');
  const output = openSync(index, 'w');
  try {
    const tarSize = fstatSync(input).size;
    const layer = new LayerTree();
    const scanner = new TarScanner({ entry: (entry) => layer.add(entry) });
    const buffer = Buffer.allocUnsafeSlow(1 << 20);
    for (let position = 0; position < tarSize;) {
      const size = readSync(input, buffer, 0, buffer.length, position);
      scanner.write(buffer.subarray(0, size));
      position += size;
    }
    scanner.end();
    const tree = layer.finish();
    for (const piece of writeErofs(tree, {
      tarSize,
      readTar: (offset, length) => readAt(input, offset, length),
    })) {
      writeSync(output, piece);
    }
    return tree;
  } finally {
    closeSync(output);
    closeSync(input);
  }
}

/** Opens an index on disk; both files stay open until the end of the scope. */
export function openIndex(
  tar: string,
  index: string,
): { reader: ErofsReader; readTar: (offset: number, length: number) => Uint8Array } & Disposable {
  const file = openSync(index, 'r');
  const content = openSync(tar, 'r');
  const source = {
    size: fstatSync(file).size,
    read: (offset: number, length: number) => readAt(file, offset, length),
  };
  return {
    reader: new ErofsReader(source),
    readTar: (offset, length) => readAt(content, offset, length),
    [Symbol.dispose]: () => {
      closeSync(file);
      closeSync(content);
    },
  };
}

function readAt(file: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
}

/** Mounts an index with its tar on an existing folder, until the end of the scope. */
export function mountIndex(tar: string, index: string, target: string): Disposable {
  mount({ source: index, target, type: 'erofs', flags: MS_RDONLY, data: `device=${tar}` });
  return { [Symbol.dispose]: () => umount(target) };
}

/** Why this machine cannot mount an index, or false where it can. */
export async function whyNoErofs(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  await using folder = await temporaryFolder();
  const [tar, index, target] = ['tar', 'index', 'target'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  writeTar(tar, []);
  indexTar(tar, index);
  mkdirSync(target);
  try {
    mountIndex(tar, index, target)[Symbol.dispose]();
    return false;
  } catch (error) {
    if (isLamellaError(error)) return `this kernel does not mount EROFS from files: ${error.message}`;
    throw error;
  }
}

/** A tar of members, each with its content. */
export function writeTar(
  path: string,
  members: readonly (TarMember & { readonly content?: Uint8Array })[],
): void {
  const file = openSync(path, 'w');
  for (const { content = new Uint8Array(0), ...member } of members) {
    writeSync(file, formatTarHeader({ ...member, size: content.length }));
    if (content.length > 0) writeSync(file, content);
    writeSync(file, tarPadding(content.length));
  }
  writeSync(file, tarTrailer);
  closeSync(file);
}
