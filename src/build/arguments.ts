import type { Platform } from '../oci/platform.ts';
import type { ArgStep } from '../dockerfile/parse/steps.ts';

/** Build arguments that need no ARG, and that neither the cache nor the history knows (Dockerfile reference, "Predefined ARGs"). */
export const proxyArguments: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
    name,
    name.toLowerCase(),
  ]),
);

/** Names that mean something to builders and need no ARG. */
export const predefinedArguments: ReadonlySet<string> = new Set([
  ...proxyArguments,
  'SOURCE_DATE_EPOCH',
  'BUILDKIT_DOCKERFILE_CHECK',
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
]);

/** Values that a stage's ARG without a default, and any FROM, may take (Dockerfile reference, "Automatic platform ARGs"). */
export function platformArguments(target: Platform, build: Platform): Map<string, string> {
  return new Map([
    ['TARGETPLATFORM', platformText(target)],
    ['TARGETOS', target.os],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['BUILDPLATFORM', platformText(build)],
    ['BUILDOS', build.os],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
  ]);
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}

/**
 * The value of an ARG where it stands: what the person gave, else its own default, else what holds outside of the stage.
 *
 * @param outside for a stage: the ARGs before the first FROM and the automatic ones
 */
export function argumentValue(
  { name, value }: ArgStep['args'][number],
  given: ReadonlyMap<string, string>,
  outside: ReadonlyMap<string, string>,
  expand: (word: string) => string,
): string | undefined {
  const asked = given.get(name);
  if (asked !== undefined) return asked;
  return value === undefined ? outside.get(name) : expand(value);
}
