import type { ByteString } from '../base/byte-string.ts';
import type { PaxRecord } from './pax.ts';
import { ambiguousTar, tarLimit } from './tar-errors.ts';

/** Keys that belong to one member: in a global header they would give every following member the same content or name. */
const memberOnly = /^(?:path|linkpath|size|GNU\.sparse\..*)$/s;

/** The records of global pax headers, each in force until a later one replaces it. */
export class GlobalRecords {
  readonly records: Map<ByteString, ByteString> = new Map();
  readonly #limit: number;

  /** @param limit most bytes of keys and values together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(records: readonly PaxRecord[]): void {
    for (const [key, value] of records) {
      if (memberOnly.test(key)) throw ambiguousTar(`a global header sets ${key}`);
      if (value === '') this.records.delete(key);
      else this.records.set(key, value);
    }
    let size = 0;
    for (const [key, value] of this.records) size += key.length + value.length;
    if (size > this.#limit)
      throw tarLimit('tar-header-too-large', `global headers are larger than ${this.#limit} bytes`);
  }
}
