import type { HostConfig } from '../../../../engine/ports/container-engine.ts';

/** Docker's names: those of getrlimit(2). */
const names =
  /^(core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack)$/;

/** Reads `nofile=1024` or `nofile=1024:2048`, of which {@link whyNoUlimit} has found nothing to say. */
export function parseUlimit(text: string): HostConfig['Ulimits'][number] {
  const [name = '', limits = ''] = text.split('=');
  const [soft = '', hard = soft] = limits.split(':');
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

/** In the words of docker/go-units. */
export function whyNoUlimit(text: string): string | undefined {
  const equals = text.indexOf('=');
  if (equals === -1) return `invalid ulimit argument: ${text}`;
  const name = text.slice(0, equals);
  const limits = text.slice(equals + 1);
  if (!names.test(name)) return `invalid ulimit type: ${name}`;
  const values = limits.split(':');
  if (values.length > 2) {
    return `too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``;
  }
  const wrong = values.find((value) => !/^[+-]?[0-9]+$/.test(value));
  if (wrong !== undefined) return `strconv.ParseInt: parsing ${JSON.stringify(wrong)}: invalid syntax`;
  const [soft = 0, hard = soft] = values.map(Number);
  if (hard === -1 || (soft !== -1 && soft <= hard)) return undefined;
  if (soft === -1)
    return `ulimit soft limit must be less than or equal to hard limit: hard: ${hard}, soft: -1 (unlimited)`;
  return `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`;
}
