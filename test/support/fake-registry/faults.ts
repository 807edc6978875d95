import type { Fault, RecordedRequest } from './exchange.ts';

/** Which requests a fault meets. */
export interface FaultMatch {
  readonly method?: string;
  readonly path?: RegExp | string;
  /** How many requests; all by default. */
  readonly times?: number;
  /** How many matching requests pass before. */
  readonly after?: number;
}

type Rule = (request: RecordedRequest) => Fault | undefined;

export interface Faults {
  /** What goes wrong with this request: all that match, later ones over earlier ones. */
  of(request: RecordedRequest): Fault;
  add(match: FaultMatch, fault: Fault): void;
  addRule(rule: Rule): void;
  clear(): void;
}

export function createFaults(): Faults {
  let rules: Rule[] = [];
  return {
    of: (request) => Object.assign({}, ...rules.map((rule) => rule(request))) as Fault,
    add: ({ method, path, times = Infinity, after = 0 }, fault) => {
      let seen = 0;
      rules.push((request) => {
        if (method !== undefined && request.method !== method) return undefined;
        if (typeof path === 'string' && request.path !== path) return undefined;
        if (path instanceof RegExp && !path.test(request.path)) return undefined;
        seen += 1;
        return seen > after && seen <= after + times ? fault : undefined;
      });
    },
    addRule: (rule) => void rules.push(rule),
    clear: () => {
      rules = [];
    },
  };
}

/**
 * Cuts a share of the connections at a random byte of the body; the same seed cuts the same ones.
 *
 * @param share 0.01 cuts one in a hundred
 */
export function randomCuts({
  share,
  seed,
  path = /\/blobs\/sha256:/,
  maxBytes = 1 << 20,
}: {
  share: number;
  seed: number;
  path?: RegExp;
  maxBytes?: number;
}): Rule {
  const random = seededRandom(seed);
  return (request) => {
    if (request.method !== 'GET' || !path.test(request.path)) return undefined;
    const cuts = random() < share;
    const after = 1 + Math.floor(random() * maxBytes);
    return cuts ? { cutAfter: after } : undefined;
  };
}

/** Numbers from 0 to below 1 (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
