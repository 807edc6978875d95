import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import type { ByteStream } from '../../src/base/streams.ts';
import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { openDatabase, type Database } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { createLayerStore, type LayerStore } from '../../src/layers/store.ts';
import { unmountIfMounted } from '../../src/layers/drivers/layer-mounts.ts';
import { parseMountTable } from '../../src/linux/mount-table.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { formatTarHeader, tarPadding, tarTrailer, type TarMember } from '../../src/tar/writer.ts';

export interface TestStore {
  readonly root: string;
  readonly runDir: string;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  /** Publishes a layer of these files. */
  readonly add: (...members: readonly Member[]) => Promise<Digest>;
  readonly addAll: (layers: readonly (readonly Member[])[]) => Promise<Digest[]>;
}

/** A store of its own for one test, which goes with all its mounts when the test ends. */
export function makeStore(t: TestContext): TestStore {
  const base = mkdtempSync(join(tmpdir(), 'lamella-layers-'));
  const root = join(base, 'store');
  const runDir = join(base, 'run');
  mkdirSync(root);
  mkdirSync(runDir, { mode: 0o700 });
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  const blobs = createDiskBlobStore({ root, db });
  const layers = createLayerStore({ root, db, blobs });
  t.after(() => {
    db.close();
    if (process.platform === 'linux') unmountBelow(base);
    rmSync(base, { recursive: true, force: true });
  });
  async function addAll(all: readonly (readonly Member[])[]): Promise<Digest[]> {
    const staged = await Promise.all(all.map((members) => layers.stage(streamOf(tarOf(members)))));
    return layers.publishAll(staged).map(({ diffId }) => diffId);
  }

  return {
    root,
    runDir,
    db,
    blobs,
    layers,
    addAll,
    async add(...members) {
      const [diffId] = await addAll([members]);
      if (diffId === undefined) throw new Error('nothing was published');
      return diffId;
    },
  };
}

function unmountBelow(folder: string): void {
  const table = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  for (const { target } of table.toReversed()) if (target.startsWith(`${folder}/`)) unmountIfMounted(target);
}

/** A file of a tar, short to write: text instead of bytes, a type only where it is not told by the rest. */
export interface Member extends Omit<Partial<TarMember>, 'path' | 'linkPath' | 'xattrs'> {
  readonly path: string;
  readonly linkPath?: string;
  readonly content?: string | Uint8Array;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** Directories end in `/`; what has a link path is a symlink unless it says otherwise. */
export function tarOf(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.map(memberBytes), tarTrailer]);
}

function memberBytes({ path, linkPath, content = '', xattrs, ...rest }: Member): Buffer {
  const bytes = Buffer.from(content as string);
  const type = rest.type ?? (path.endsWith('/') ? 'directory' : linkPath === undefined ? 'file' : 'symlink');
  const header = formatTarHeader({
    ...rest,
    type,
    path: toByteString(path),
    linkPath: toByteString(linkPath ?? ''),
    size: bytes.byteLength,
    xattrs: new Map(
      Object.entries(xattrs ?? {}).map(([name, value]) => [toByteString(name), Buffer.from(value, 'latin1')]),
    ),
  });
  return Buffer.concat([header, bytes, tarPadding(bytes.byteLength)]);
}

export async function* streamOf(...pieces: readonly Uint8Array[]): ByteStream {
  yield* pieces;
}
