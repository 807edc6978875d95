import { isPaused, knownSpeed, type ServerRecord } from './server-record.ts';

/** A server so many times slower than another is asked after it. */
const clearly = 3;
/** Bytes a second below which mirrors that nobody has measured yet are worth a try; and then the registry itself. */
const slow = 256 << 10;
const crawling = 64 << 10;

/**
 * The order in which to ask: as configured, but slow servers behind those that are clearly faster, and servers that
 * failed or gave wrong content last. None is left out.
 */
export function orderServers<T extends { readonly url: string; readonly isMirror: boolean }>(
  servers: readonly T[],
  recordOf: (url: string) => ServerRecord | undefined,
  now: number,
): T[] {
  const speed = ({ url }: T): number | undefined => knownSpeed(recordOf(url), now);
  const until = ({ url }: T): number => recordOf(url)?.until ?? 0;
  const sound = servers.filter(({ url }) => !isPaused(recordOf(url), now));
  const fastest = Math.max(0, ...sound.map((server) => speed(server) ?? 0));
  const isUntried = (server: T): boolean => speed(server) === undefined;
  const others = sound.some((server) => server.isMirror && isUntried(server));
  const registry = sound.some((server) => !server.isMirror && isUntried(server));
  const rank = (server: T): number => {
    const known = speed(server) ?? Infinity;
    if (known * clearly < fastest) return 4;
    if (!server.isMirror) return 2;
    if (known < crawling && registry) return 3;
    return known < slow && others ? 1 : 0;
  };
  return [
    ...sound.toSorted((a, b) => rank(a) - rank(b)),
    ...servers.filter((server) => !sound.includes(server)).sort((a, b) => until(a) - until(b)),
  ];
}
