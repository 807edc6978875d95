import {
  corruptCompression,
  trailingGarbage,
  truncatedCompression,
  windowTooLarge,
} from './compression-errors.ts';

type Part = 'magic' | 'skippable-size' | 'descriptor' | 'header' | 'block' | 'body';

const magic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/**
 * Follows the frames and blocks of zstd data (RFC 8878, section 3.1) without decoding them. Node's decoder neither
 * notices garbage behind a frame nor an end within the first bytes of another, and names no limit when it refuses a window.
 */
export class ZstdFrames {
  readonly #maxWindow: number;
  readonly #field: Buffer = Buffer.alloc(16);
  #have = 0;
  #need = 4;
  #part: Part = 'magic';
  #skip = 0;
  #descriptor = 0;
  #last = false;
  #frames = 0;

  /** @param maxWindow most bytes of history that a frame may ask for */
  constructor(maxWindow: number) {
    this.#maxWindow = maxWindow;
  }

  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#part === 'body') {
        const count = Math.min(this.#skip, chunk.byteLength - at);
        this.#skip -= count;
        at += count;
        if (this.#skip === 0) this.#expect(this.#last ? 'magic' : 'block', this.#last ? 4 : 3);
        continue;
      }
      this.#field[this.#have] = chunk[at] as number;
      this.#have += 1;
      at += 1;
      if (this.#have === this.#need) this.#onField();
    }
  }

  /** @throws LamellaError corrupt `compression-truncated` unless a frame has just ended */
  end(): void {
    if (this.#part !== 'magic' || this.#have > 0 || this.#frames === 0) throw truncatedCompression('zstd');
  }

  #expect(part: Part, need: number): void {
    this.#part = part;
    this.#need = need;
    this.#have = 0;
  }

  #body(size: number, last: boolean): void {
    this.#part = 'body';
    this.#have = 0;
    this.#skip = size;
    this.#last = last;
    if (size === 0) this.#expect(last ? 'magic' : 'block', last ? 4 : 3);
  }

  #onField(): void {
    const field = this.#field;
    switch (this.#part) {
      case 'magic': {
        const value = field.readUInt32LE();
        if (value === magic) this.#expect('descriptor', 1);
        else if ((value & ~0xf) >>> 0 === skippableMagic) this.#expect('skippable-size', 4);
        else if (this.#frames === 0) throw corruptCompression('zstd', 'it does not begin as zstd does');
        else throw trailingGarbage('zstd');
        this.#frames += 1;
        return;
      }
      case 'skippable-size':
        this.#body(field.readUInt32LE(), true);
        return;
      case 'descriptor': {
        this.#descriptor = field[0] as number;
        const length = (this.#single ? 0 : 1) + this.#dictionaryLength + this.#sizeLength;
        if (length === 0) throw corruptCompression('zstd', 'a frame header is empty');
        this.#expect('header', length);
        return;
      }
      case 'header': {
        const window = this.#window();
        if (window > this.#maxWindow) throw windowTooLarge('zstd', window, this.#maxWindow);
        this.#expect('block', 3);
        return;
      }
      case 'block': {
        const header = field.readUIntLE(0, 3);
        const type = (header >> 1) & 3;
        if (type === 3) throw corruptCompression('zstd', 'a block has a reserved type');
        const last = (header & 1) === 1;
        const checksum = last && (this.#descriptor & 4) !== 0 ? 4 : 0;
        this.#body((type === 1 ? 1 : header >> 3) + checksum, last);
        return;
      }
      case 'body':
        return;
    }
  }

  get #single(): boolean {
    return (this.#descriptor & 0x20) !== 0;
  }

  get #dictionaryLength(): number {
    return [0, 1, 2, 4][this.#descriptor & 3] as number;
  }

  get #sizeLength(): number {
    const flag = this.#descriptor >> 6;
    return flag === 0 ? Number(this.#single) : 1 << flag;
  }

  #window(): number {
    const field = this.#field;
    if (!this.#single) {
      const base = 2 ** (10 + ((field[0] as number) >> 3));
      return base + (base / 8) * ((field[0] as number) & 7);
    }
    const at = this.#dictionaryLength;
    const length = this.#sizeLength;
    if (length === 8) return Number(field.readBigUInt64LE(at));
    return field.readUIntLE(at, length) + (length === 2 ? 256 : 0);
  }
}
