/** What an inode is made of, apart from its number. */
export interface InodeFields {
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Bytes of content; of a symlink, of its target. */
  readonly size: number;
  /**
   * By type: of a file the first block of its content in the tar, of a symlink where its target is in the arena, of a
   * device its packed number, of a directory its parent's inode.
   */
  readonly data: number;
  /** Which set of xattrs; 0 for none. */
  readonly xattrs: number;
}

/**
 * Inodes as columns of typed arrays, 38 bytes each: a layer may have millions. Inode 0 is none.
 */
export class InodeTable {
  count = 1;
  mode: Uint16Array = new Uint16Array(1024);
  uid: Uint32Array = new Uint32Array(1024);
  gid: Uint32Array = new Uint32Array(1024);
  mtimeSeconds: Float64Array = new Float64Array(1024);
  mtimeNanoseconds: Uint32Array = new Uint32Array(1024);
  size: Float64Array = new Float64Array(1024);
  data: Uint32Array = new Uint32Array(1024);
  xattrs: Uint32Array = new Uint32Array(1024);

  add(fields: InodeFields): number {
    if (this.count === this.mode.length) this.#grow();
    const inode = this.count++;
    this.set(inode, fields);
    return inode;
  }

  set(inode: number, fields: InodeFields): void {
    this.mode[inode] = fields.mode;
    this.uid[inode] = fields.uid;
    this.gid[inode] = fields.gid;
    this.mtimeSeconds[inode] = fields.mtimeSeconds;
    this.mtimeNanoseconds[inode] = fields.mtimeNanoseconds;
    this.size[inode] = fields.size;
    this.data[inode] = fields.data;
    this.xattrs[inode] = fields.xattrs;
  }

  get(inode: number): InodeFields {
    return {
      mode: at(this.mode, inode),
      uid: at(this.uid, inode),
      gid: at(this.gid, inode),
      mtimeSeconds: at(this.mtimeSeconds, inode),
      mtimeNanoseconds: at(this.mtimeNanoseconds, inode),
      size: at(this.size, inode),
      data: at(this.data, inode),
      xattrs: at(this.xattrs, inode),
    };
  }

  #grow(): void {
    this.mode = grown(this.mode, Uint16Array);
    this.uid = grown(this.uid, Uint32Array);
    this.gid = grown(this.gid, Uint32Array);
    this.mtimeSeconds = grown(this.mtimeSeconds, Float64Array);
    this.mtimeNanoseconds = grown(this.mtimeNanoseconds, Uint32Array);
    this.size = grown(this.size, Float64Array);
    this.data = grown(this.data, Uint32Array);
    this.xattrs = grown(this.xattrs, Uint32Array);
  }
}

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** The same column with room for half as many again. */
export function grown<T extends Column>(column: T, make: new (length: number) => T): T {
  const larger = new make(Math.ceil(column.length * 1.5));
  larger.set(column);
  return larger;
}

/** An element that must be there. */
export function at(column: Column, index: number): number {
  const value = column[index];
  if (value === undefined) throw new RangeError(`no element ${index} in a column of ${column.length}`);
  return value;
}
