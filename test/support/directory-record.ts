import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { getXattr, listXattrs } from '../../src/linux/xattr.ts';

/** All that tells two things in a file system apart, as text; files that are links of each other name the first of them. */
export type DirectoryRecord = Map<string, string>;

/** What is in a directory, with every byte of content, by path (bytes as latin1). */
export function recordDirectory(root: string): DirectoryRecord {
  const record: DirectoryRecord = new Map();
  const firstNames = new Map<bigint, string>();
  const visit = (path: Buffer, name: string): void => {
    const stat = lstatSync(path, { bigint: true });
    const lines = [
      `mode ${stat.mode.toString(8)} owner ${stat.uid}:${stat.gid} links ${stat.nlink} rdev ${stat.rdev}`,
      `mtime ${stat.mtimeNs}`,
    ];
    for (const xattr of listXattrs(path)) lines.push(`${xattr}=${getXattr(path, xattr)?.toString('hex')}`);
    if (stat.isSymbolicLink()) lines.push(`-> ${readlinkSync(path, { encoding: 'latin1' })}`);
    if (stat.isFile()) lines.push(`${stat.size} ${hashFile(path)}`);
    if (!stat.isDirectory() && stat.nlink > 1n) {
      const first = firstNames.get(stat.ino) ?? name;
      firstNames.set(stat.ino, first);
      lines.push(`is ${first}`);
    }
    record.set(name, lines.join(', '));
    if (!stat.isDirectory()) return;
    const entries = readdirSync(path, { encoding: 'buffer' }).sort((a, b) => a.compare(b));
    for (const entry of entries) {
      visit(Buffer.concat([path, Buffer.from('/'), entry]), join(name, entry.toString('latin1')));
    }
  };
  visit(Buffer.from(root), '/');
  return record;
}

const buffer = Buffer.allocUnsafeSlow(1 << 20);

function hashFile(path: Buffer): string {
  const hash = createHash('sha1');
  const file = openSync(path, 'r');
  try {
    for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer))
      hash.update(buffer.subarray(0, size));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
