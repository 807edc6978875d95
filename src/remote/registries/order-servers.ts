import { isPaused, knownSpeed, type ServerRecord } from './server-record.ts';

/** A server so many times slower than another is asked after it. */
const clearly = 3;
/** Bytes a second below which mirrors that nobody has measured yet are worth a try. */
const slow = 256 * 1024;

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
  const isUntried = (server: T): boolean => server.isMirror && speed(server) === undefined;
  const anyUntried = sound.some(isUntried);
  const rank = (server: T): number => {
    const known = speed(server);
    if (known !== undefined && known * clearly < fastest) return 3;
    if (!server.isMirror) return 2;
    return known !== undefined && known < slow && anyUntried ? 1 : 0;
  };
  return [
    ...sound.toSorted((a, b) => rank(a) - rank(b)),
    ...servers.filter((server) => !sound.includes(server)).sort((a, b) => until(a) - until(b)),
  ];
}
