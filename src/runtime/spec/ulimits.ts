import { LamellaError } from '../../base/errors.ts';
import type { Ulimit } from '../host-config.ts';
import type { RuntimeLimit } from './oci-spec.ts';

/** Names as in getrlimit(2), without RLIMIT_. */
const names = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

/** What the kernel takes for unlimited, which is more than a number of JavaScript can say. */
const unlimited: object = (JSON as typeof JSON & { rawJSON(text: string): object }).rawJSON(
  '18446744073709551615',
);

/** @throws LamellaError invalid `ulimit-invalid` */
export function processLimits(ulimits: readonly Ulimit[]): RuntimeLimit[] {
  return ulimits.map(({ Name, Soft, Hard }) => {
    if (!names.includes(Name)) {
      throw new LamellaError('invalid', `invalid ulimit type: ${Name}`, { code: 'ulimit-invalid' });
    }
    return { type: `RLIMIT_${Name.toUpperCase()}`, soft: orUnlimited(Soft), hard: orUnlimited(Hard) };
  });
}

function orUnlimited(limit: number): number | object {
  return limit === -1 ? unlimited : limit;
}
