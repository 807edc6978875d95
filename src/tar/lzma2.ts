import { corruptCompression } from './compression-errors.ts';

/**
 * Decodes the chunks of LZMA2 one after the other; the caller gathers each whole chunk first, which the format makes easy:
 * none is longer than 64 KiB, and none gives more than 2 MiB. After Igor Pavlov's specification of LZMA and the .xz file
 * format 1.1, section 5.3.1.
 */
export class Lzma2Decoder {
  readonly #dictionarySize: number;
  /** The history and what comes next, in one piece: what falls out of the dictionary is moved away now and then. */
  #window: Buffer;
  #at = 0;
  /** Where what matches may reach back to. */
  #start = 0;
  #needsReset = true;
  #needsProps = true;
  #needsState = true;

  #lc = 0;
  #lpMask = 0;
  #pbMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  readonly #probs: Uint16Array = new Uint16Array(literalAt + 0x300 * 16);

  constructor(dictionarySize: number) {
    this.#dictionarySize = dictionarySize;
    this.#window = Buffer.allocUnsafeSlow(Math.min(dictionarySize, 1 << 20) + largestChunk);
  }

  /**
   * @param control the chunk's first byte, not 0
   * @param size bytes that it gives
   * @param bytes the chunk's data, from `from` to `to`, a props byte in front where `control` asks for one
   * @returns the content, as a view that the next call overwrites
   */
  decode(control: number, size: number, bytes: Uint8Array, from: number, to: number): Buffer {
    this.#makeRoom(size);
    const begin = this.#at;
    if (control < 0x80) {
      if (control > 2) throw corrupt();
      if (control === 1) this.#resetDictionary();
      if (this.#needsReset) throw corrupt();
      this.#window.set(bytes.subarray(from, to), this.#at);
      this.#at += size;
      this.#needsState ||= control === 1;
    } else {
      if (control >= 0xe0) this.#resetDictionary();
      if (this.#needsReset) throw corrupt();
      let at = from;
      if (control >= 0xc0) this.#setProps(bytes[at++] as number);
      else if (this.#needsProps) throw corrupt();
      if (control >= 0xa0) this.#resetState();
      else if (this.#needsState) throw corrupt();
      this.#decodeChunk(bytes, at, to, this.#at + size);
    }
    return this.#window.subarray(begin, this.#at);
  }

  #resetDictionary(): void {
    this.#start = this.#at;
    this.#needsReset = false;
    this.#needsProps = true;
    this.#needsState = true;
  }

  #setProps(props: number): void {
    if (props >= 9 * 5 * 5) throw corrupt();
    const lc = props % 9;
    const rest = (props - lc) / 9;
    const lp = rest % 5;
    if (lc + lp > 4) throw corrupt();
    this.#lc = lc;
    this.#lpMask = (1 << lp) - 1;
    this.#pbMask = (1 << ((rest - lp) / 5)) - 1;
    this.#needsProps = false;
  }

  #resetState(): void {
    this.#state = this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
    this.#probs.fill(1024);
    this.#needsState = false;
  }

  #makeRoom(size: number): void {
    if (this.#at + size <= this.#window.byteLength) return;
    const most = this.#dictionarySize + Math.max(2 * largestChunk, this.#dictionarySize >> 1);
    if (this.#window.byteLength < most) {
      const larger = Buffer.allocUnsafeSlow(Math.min(most, this.#window.byteLength * 2 + size));
      this.#window.copy(larger, 0, 0, this.#at);
      this.#window = larger;
      if (this.#at + size <= larger.byteLength) return;
    }
    const keep = Math.min(this.#at - this.#start, this.#dictionarySize);
    this.#window.copyWithin(0, this.#at - keep, this.#at);
    this.#at = keep;
    this.#start = 0;
  }

  /** One function, its state in local variables: this is where all the time goes. */
  #decodeChunk(bytes: Uint8Array, from: number, to: number, limit: number): void {
    const probs = this.#probs;
    const window = this.#window;
    const begin = this.#at;
    const start = this.#start;
    const dictionarySize = this.#dictionarySize;
    const lc = this.#lc;
    const lpMask = this.#lpMask;
    const pbMask = this.#pbMask;
    let { at, state, rep0, rep1, rep2, rep3 } = {
      at: begin,
      state: this.#state,
      rep0: this.#rep0,
      rep1: this.#rep1,
      rep2: this.#rep2,
      rep3: this.#rep3,
    };
    if (to - from < 5 || bytes[from] !== 0) throw corrupt();
    let input = from + 5;
    let range = 0xffffffff;
    let code =
      (((bytes[from + 1] as number) << 24) |
        ((bytes[from + 2] as number) << 16) |
        ((bytes[from + 3] as number) << 8) |
        (bytes[from + 4] as number)) >>>
      0;

    const bit = (index: number): 0 | 1 => {
      if (range < 0x1000000) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (bytes[input++] as number)) >>> 0;
      }
      const prob = probs[index] as number;
      const bound = (range >>> 11) * prob;
      if (code < bound) {
        range = bound;
        probs[index] = prob + ((2048 - prob) >> 5);
        return 0;
      }
      range -= bound;
      code -= bound;
      probs[index] = prob - (prob >> 5);
      return 1;
    };
    const tree = (base: number, count: number): number => {
      let symbol = 1;
      for (let index = 0; index < count; index += 1) symbol = (symbol << 1) | bit(base + symbol);
      return symbol - (1 << count);
    };
    const reverseTree = (base: number, count: number): number => {
      let node = 1;
      let value = 0;
      for (let index = 0; index < count; index += 1) {
        const one = bit(base + node);
        node = (node << 1) | one;
        value |= one << index;
      }
      return value;
    };
    const direct = (count: number): number => {
      let value = 0;
      for (let index = 0; index < count; index += 1) {
        if (range < 0x1000000) {
          range = (range << 8) >>> 0;
          code = ((code << 8) | (bytes[input++] as number)) >>> 0;
        }
        range >>>= 1;
        const one = code >= range ? 1 : 0;
        if (one === 1) code -= range;
        value = ((value << 1) | one) >>> 0;
      }
      return value;
    };
    const matchLength = (base: number, position: number): number => {
      if (bit(base) === 0) return tree(base + 2 + (position << 3), 3) + 2;
      if (bit(base + 1) === 0) return tree(base + 130 + (position << 3), 3) + 10;
      return tree(base + 258, 8) + 18;
    };

    while (at < limit) {
      if (input > to) throw corrupt();
      const position = at - start;
      const posState = position & pbMask;
      if (bit(isMatchAt + (state << 4) + posState) === 0) {
        const before = position > 0 ? (window[at - 1] as number) : 0;
        const base = literalAt + 0x300 * (((position & lpMask) << lc) + (before >> (8 - lc)));
        let symbol = 1;
        if (state >= 7) {
          if (rep0 >= position || rep0 >= dictionarySize) throw corrupt();
          let match = window[at - rep0 - 1] as number;
          do {
            const matchBit = (match >> 7) & 1;
            match <<= 1;
            const one = bit(base + ((1 + matchBit) << 8) + symbol);
            symbol = (symbol << 1) | one;
            if (one !== matchBit) break;
          } while (symbol < 0x100);
        }
        while (symbol < 0x100) symbol = (symbol << 1) | bit(base + symbol);
        window[at++] = symbol;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let length: number;
      if (bit(isRepAt + state) === 0) {
        rep3 = rep2;
        rep2 = rep1;
        rep1 = rep0;
        length = matchLength(lengthAt, posState);
        state = state < 7 ? 7 : 10;
        const slot = tree(slotAt + (Math.min(length - 2, 3) << 6), 6);
        if (slot < 4) rep0 = slot;
        else {
          const count = (slot >> 1) - 1;
          const high = ((2 | (slot & 1)) << count) >>> 0;
          rep0 =
            slot < 14
              ? high + reverseTree(specialAt + high - slot - 1, count)
              : high + direct(count - 4) * 16 + reverseTree(alignAt, 4);
        }
      } else {
        if (bit(isRep0At + state) === 0) {
          if (bit(isRep0LongAt + (state << 4) + posState) === 0) {
            if (rep0 >= position || rep0 >= dictionarySize) throw corrupt();
            window[at] = window[at - rep0 - 1] as number;
            at += 1;
            state = state < 7 ? 9 : 11;
            continue;
          }
        } else {
          let distance: number;
          if (bit(isRep1At + state) === 0) distance = rep1;
          else {
            if (bit(isRep2At + state) === 0) distance = rep2;
            else {
              distance = rep3;
              rep3 = rep2;
            }
            rep2 = rep1;
          }
          rep1 = rep0;
          rep0 = distance;
        }
        length = matchLength(repLengthAt, posState);
        state = state < 7 ? 8 : 11;
      }
      if (rep0 >= position || rep0 >= dictionarySize || at + length > limit) throw corrupt();
      let source = at - rep0 - 1;
      if (length > 32 && rep0 + 1 >= length) {
        window.copyWithin(at, source, source + length);
        at += length;
      } else {
        for (const end = at + length; at < end;) window[at++] = window[source++] as number;
      }
    }
    if (range < 0x1000000) {
      input += 1;
      code = ((code << 8) | (bytes[input - 1] as number)) >>> 0;
    }
    if (input !== to || code !== 0) throw corrupt();
    this.#at = at;
    this.#state = state;
    this.#rep0 = rep0;
    this.#rep1 = rep1;
    this.#rep2 = rep2;
    this.#rep3 = rep3;
  }
}

/** Most bytes that one chunk gives. */
const largestChunk = 1 << 21;

// Where each set of probabilities begins. A set of lengths: 2 choices, 16 × 8 low, 16 × 8 middle, 256 high.
const isMatchAt = 0;
const isRepAt = isMatchAt + 12 * 16;
const isRep0At = isRepAt + 12;
const isRep1At = isRep0At + 12;
const isRep2At = isRep1At + 12;
const isRep0LongAt = isRep2At + 12;
const slotAt = isRep0LongAt + 12 * 16;
const specialAt = slotAt + 4 * 64;
const alignAt = specialAt + 128;
const lengthAt = alignAt + 16;
const repLengthAt = lengthAt + 514;
const literalAt = repLengthAt + 514;

function corrupt(): Error {
  return corruptCompression('xz', 'an LZMA2 chunk is damaged');
}
