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

  /** Where all the time goes. The commonest bits, of literals, are decoded here with the coder in local variables. */
  #decodeChunk(bytes: Uint8Array, from: number, to: number, limit: number): void {
    const coder = new RangeCoder(this.#probs, bytes, from, to);
    const { probs, state: rangeAndCode } = coder;
    const window = this.#window;
    const start = this.#start;
    const dictionarySize = this.#dictionarySize;
    const lc = this.#lc;
    const lpMask = this.#lpMask;
    const pbMask = this.#pbMask;
    let at = this.#at;
    let state = this.#state;
    let rep0 = this.#rep0;
    let rep1 = this.#rep1;
    let rep2 = this.#rep2;
    let rep3 = this.#rep3;

    while (at < limit) {
      const position = at - start;
      const posState = position & pbMask;
      if (coder.bit(isMatchAt + (state << 4) + posState) === 0) {
        const before = position > 0 ? (window[at - 1] as number) : 0;
        const base = literalAt + 0x300 * (((position & lpMask) << lc) + (before >> (8 - lc)));
        let symbol = 1;
        if (state >= 7) {
          if (rep0 >= position || rep0 >= dictionarySize) throw corrupt();
          let match = window[at - rep0 - 1] as number;
          do {
            const matchBit = (match >> 7) & 1;
            match <<= 1;
            const one = coder.bit(base + ((1 + matchBit) << 8) + symbol);
            symbol = (symbol << 1) | one;
            if (one !== matchBit) break;
          } while (symbol < 0x100);
        }
        let range = rangeAndCode[0] as number;
        let code = rangeAndCode[1] as number;
        let input = coder.input;
        while (symbol < 0x100) {
          if (range < 0x1000000) {
            range = (range << 8) >>> 0;
            code = ((code << 8) | (bytes[input] as number)) >>> 0;
            input += 1;
          }
          const prob = probs[base + symbol] as number;
          const bound = Math.imul(range >>> 11, prob) >>> 0;
          if (code < bound) {
            range = bound;
            probs[base + symbol] = prob + ((2048 - prob) >> 5);
            symbol <<= 1;
          } else {
            range = (range - bound) >>> 0;
            code = (code - bound) >>> 0;
            probs[base + symbol] = prob - (prob >> 5);
            symbol = (symbol << 1) | 1;
          }
        }
        rangeAndCode[0] = range;
        rangeAndCode[1] = code;
        coder.input = input;
        window[at] = symbol;
        at += 1;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      if (coder.input > to) throw corrupt();
      let length: number;
      if (coder.bit(isRepAt + state) === 0) {
        rep3 = rep2;
        rep2 = rep1;
        rep1 = rep0;
        length = coder.matchLength(lengthAt, posState);
        state = state < 7 ? 7 : 10;
        rep0 = coder.distance(length);
      } else {
        if (coder.bit(isRep0At + state) === 0) {
          if (coder.bit(isRep0LongAt + (state << 4) + posState) === 0) {
            if (rep0 >= position || rep0 >= dictionarySize) throw corrupt();
            window[at] = window[at - rep0 - 1] as number;
            at += 1;
            state = state < 7 ? 9 : 11;
            continue;
          }
        } else {
          let distance: number;
          if (coder.bit(isRep1At + state) === 0) distance = rep1;
          else {
            if (coder.bit(isRep2At + state) === 0) distance = rep2;
            else {
              distance = rep3;
              rep3 = rep2;
            }
            rep2 = rep1;
          }
          rep1 = rep0;
          rep0 = distance;
        }
        length = coder.matchLength(repLengthAt, posState);
        state = state < 7 ? 8 : 11;
      }
      if (rep0 >= position || rep0 >= dictionarySize || at + length > limit) throw corrupt();
      const source = at - rep0 - 1;
      if (length > 64 && rep0 + 1 >= length) window.copyWithin(at, source, source + length);
      else
        for (let index = 0; index < length; index += 1) window[at + index] = window[source + index] as number;
      at += length;
    }
    if (!coder.finished()) throw corrupt();
    this.#at = at;
    this.#state = state;
    this.#rep0 = rep0;
    this.#rep1 = rep1;
    this.#rep2 = rep2;
    this.#rep3 = rep3;
  }
}

/** The range decoder of one chunk. */
class RangeCoder {
  readonly probs: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #to: number;
  /** Range and code. In a typed array numbers over 2³¹ are stored without being allocated. */
  readonly state: Uint32Array = new Uint32Array(2);
  /** Where the next byte is read: past the end only in damaged data, which `finished` tells. */
  input: number;

  constructor(probs: Uint16Array, bytes: Uint8Array, from: number, to: number) {
    if (to - from < 5 || bytes[from] !== 0) throw corrupt();
    this.probs = probs;
    this.#bytes = bytes;
    this.#to = to;
    this.input = from + 5;
    this.state[0] = 0xffffffff;
    for (let index = 1; index < 5; index += 1) {
      this.state[1] = ((this.state[1] as number) << 8) | (bytes[from + index] as number);
    }
  }

  /** Whether the chunk's bytes were all taken, and gave what the encoder ends with. */
  finished(): boolean {
    if ((this.state[0] as number) < 0x1000000) {
      this.state[1] = ((this.state[1] as number) << 8) | (this.#bytes[this.input] as number);
      this.input += 1;
    }
    return this.input === this.#to && this.state[1] === 0;
  }

  bit(index: number): 0 | 1 {
    const state = this.state;
    const probs = this.probs;
    let range = state[0] as number;
    let code = state[1] as number;
    if (range < 0x1000000) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | (this.#bytes[this.input] as number)) >>> 0;
      this.input += 1;
    }
    const prob = probs[index] as number;
    const bound = Math.imul(range >>> 11, prob) >>> 0;
    if (code < bound) {
      state[0] = bound;
      state[1] = code;
      probs[index] = prob + ((2048 - prob) >> 5);
      return 0;
    }
    state[0] = range - bound;
    state[1] = code - bound;
    probs[index] = prob - (prob >> 5);
    return 1;
  }

  matchLength(base: number, position: number): number {
    if (this.bit(base) === 0) return this.#tree(base + 2 + (position << 3), 3) + 2;
    if (this.bit(base + 1) === 0) return this.#tree(base + 130 + (position << 3), 3) + 10;
    return this.#tree(base + 258, 8) + 18;
  }

  /** How far back a match of `length` begins, less one. */
  distance(length: number): number {
    const slot = this.#tree(slotAt + (Math.min(length - 2, 3) << 6), 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** count;
    if (slot < 14) return high + this.#reverseTree(specialAt + high - slot - 1, count);
    return high + this.#direct(count - 4) * 16 + this.#reverseTree(alignAt, 4);
  }

  #tree(base: number, count: number): number {
    let symbol = 1;
    for (let index = 0; index < count; index += 1) symbol = (symbol << 1) | this.bit(base + symbol);
    return symbol - (1 << count);
  }

  #reverseTree(base: number, count: number): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      const one = this.bit(base + node);
      node = (node << 1) | one;
      value |= one << index;
    }
    return value;
  }

  #direct(count: number): number {
    let range = this.state[0] as number;
    let code = this.state[1] as number;
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      if (range < 0x1000000) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (this.#bytes[this.input] as number)) >>> 0;
        this.input += 1;
      }
      range >>>= 1;
      value <<= 1;
      if (code >= range) {
        code = (code - range) >>> 0;
        value |= 1;
      }
    }
    this.state[0] = range;
    this.state[1] = code;
    return value;
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
