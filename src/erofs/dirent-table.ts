import type { ByteString } from '../base/byte-string.ts';
import { at, grown } from './inode-table.ts';
import type { NameArena } from './name-arena.ts';

/**
 * Names in directories: which inode a name in a directory stands for, in columns of typed arrays with a hash table over
 * (directory, name). About 27 bytes a name and the name's own bytes. Entries are numbered in the order they were added
 * and never removed: a name without an inode is free to be given one again.
 */
export class DirentTable {
  count = 0;
  parent: Uint32Array = new Uint32Array(1024);
  /** 0: the name stands for nothing here. */
  inode: Uint32Array = new Uint32Array(1024);
  /** 1: the layer also says that the name of the layers below is hidden. */
  whiteout: Uint8Array = new Uint8Array(1024);
  readonly names: NameArena;
  #name: Uint32Array = new Uint32Array(1024);
  #length: Uint8Array = new Uint8Array(1024);
  #hash: Uint32Array = new Uint32Array(1024);
  #slots: Uint32Array = new Uint32Array(2048);
  /** Drawn anew for each table, so that nobody can prepare an archive whose names all collide. Affects no result. */
  readonly #seed = (Math.random() * 0x1_0000_0000) >>> 0;

  constructor(names: NameArena) {
    this.names = names;
  }

  /** The entry of that name, or -1. */
  find(parent: number, name: ByteString): number {
    const hash = this.#hashOf(parent, name);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = at(this.#slots, slot) - 1;
      if (entry < 0) return -1;
      if (
        this.#hash[entry] === hash &&
        this.parent[entry] === parent &&
        this.#length[entry] === name.length &&
        this.names.equals(at(this.#name, entry), name)
      ) {
        return entry;
      }
    }
  }

  /** Adds a name that {@link find} did not find; it stands for nothing yet. */
  add(parent: number, name: ByteString): number {
    if (this.count === this.parent.length) this.#grow();
    const entry = this.count++;
    this.parent[entry] = parent;
    this.#name[entry] = this.names.add(name);
    this.#length[entry] = name.length;
    this.#hash[entry] = this.#hashOf(parent, name);
    this.#insert(entry);
    return entry;
  }

  nameLength(entry: number): number {
    return at(this.#length, entry);
  }

  nameText(entry: number): ByteString {
    return this.names.text(at(this.#name, entry), at(this.#length, entry));
  }

  /** A byte of the name, or -1 behind its end. */
  nameByte(entry: number, index: number): number {
    return index < at(this.#length, entry) ? this.names.byte(at(this.#name, entry), index) : -1;
  }

  copyName(entry: number, target: Buffer, position: number): void {
    this.names.copy(at(this.#name, entry), at(this.#length, entry), target, position);
  }

  #hashOf(parent: number, name: ByteString): number {
    let hash = this.#seed ^ Math.imul(parent, 0x9e37_79b1);
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  #insert(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = at(this.#hash, entry) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    this.parent = grown(this.parent, Uint32Array);
    this.inode = grown(this.inode, Uint32Array);
    this.whiteout = grown(this.whiteout, Uint8Array);
    this.#name = grown(this.#name, Uint32Array);
    this.#length = grown(this.#length, Uint8Array);
    this.#hash = grown(this.#hash, Uint32Array);
    if (this.parent.length <= this.#slots.length * 0.6) return;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.count; entry++) this.#insert(entry);
  }
}
