import { LamellaError } from '../base/errors.ts';
import type { Fields } from './json-fields.ts';

/** What an image runs on (OCI Image Specification, image-index.md), in GOOS and GOARCH words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Such as v7 of arm; absent where the architecture has but one, or its first. */
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

const architectures: Readonly<Record<string, readonly [architecture: string, variant: string]>> = {
  i386: ['386', ''],
  i686: ['386', ''],
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

const operatingSystems: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows'.split(
    ' ',
  ),
);
const knownArchitectures: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64 wasm'.split(
    ' ',
  ),
);

/**
 * Reads `linux/arm64`, `linux/arm/v7`, or only an operating system or an architecture; what is missing comes from the
 * host. Common other names are understood (x86_64, aarch64, macos).
 *
 * @throws LamellaError invalid `platform-invalid`, in the words of containerd's platforms package
 */
export function parsePlatform(text: string, host: Platform = hostPlatform()): Platform {
  const parts = text.split('/');
  for (const part of parts) {
    if (!/^[A-Za-z0-9_.-]+$/.test(part)) {
      throw invalid(
        `${JSON.stringify(part)} is an invalid component of ${JSON.stringify(text)}: platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument`,
      );
    }
  }
  const [first = '', second, variant] = parts;
  if (parts.length > 3) {
    throw invalid(`${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  }
  if (second !== undefined) {
    const platform = normalizePlatform({
      os: first,
      architecture: second,
      ...(variant !== undefined && { variant }),
    });
    return variant === undefined ? withoutDefaultVariant(platform) : withArm64Variant(platform);
  }
  const os = normalizeOs(first);
  if (operatingSystems.has(os)) return { ...host, os };
  const platform = withoutDefaultVariant(normalizePlatform({ os: host.os, architecture: first }));
  if (knownArchitectures.has(platform.architecture)) return platform;
  throw invalid(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}

/** One spelling for each platform: x86_64 becomes amd64, the variant v8 of arm64 and v1 of amd64 go without saying. */
function normalizePlatform(platform: Platform): Platform {
  const lower = platform.architecture.toLowerCase();
  const [architecture, impliedVariant] = architectures[lower] ?? [lower, ''];
  const variant = normalizeVariant(architecture, platform.variant?.toLowerCase() || impliedVariant);
  const { variant: _, ...rest } = platform;
  return { ...rest, os: normalizeOs(platform.os), architecture, ...(variant !== '' && { variant }) };
}

/**
 * How well an image for `image` runs where `wanted` is asked for: 0 is exact, larger is less good, undefined is not at
 * all. An older arm runs on a newer one.
 */
export function matchPlatform(wanted: Platform, image: Platform): number | undefined {
  const want = normalizePlatform(wanted);
  const have = normalizePlatform(image);
  if (want.os !== have.os || want.architecture !== have.architecture) return undefined;
  const wantLevel = variantLevel(want);
  const haveLevel = variantLevel(have);
  if (wantLevel === undefined || haveLevel === undefined)
    return want.variant === have.variant ? 0 : undefined;
  return haveLevel > wantLevel ? undefined : wantLevel - haveLevel;
}

/** Of all that match, the best; the first of equals, as the specification wants it. */
export function choosePlatform<T extends { readonly platform?: Platform }>(
  wanted: Platform,
  candidates: readonly T[],
): T | undefined {
  let best: { candidate: T; rank: number } | undefined;
  for (const candidate of candidates) {
    const rank = candidate.platform && matchPlatform(wanted, candidate.platform);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { candidate, rank };
  }
  return best?.candidate;
}

/** What containers run on here: Linux, on the architecture of this process. */
export function hostPlatform(): Platform {
  const names: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
  return normalizePlatform({ os: 'linux', architecture: names[process.arch] ?? process.arch });
}

export function readPlatform(fields: Fields): Platform {
  const variant = fields.string('variant');
  const osVersion = fields.string('os.version');
  const osFeatures = fields.strings('os.features');
  return {
    os: fields.string('os') ?? '',
    architecture: fields.string('architecture') ?? '',
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
    ...(osFeatures && { osFeatures }),
  };
}

/** An image that is made for plain `arm` states no variant, as with Docker. */
function withoutDefaultVariant({ variant, ...rest }: Platform): Platform {
  const implied = variant === undefined || (rest.architecture === 'arm' && variant === 'v7');
  return implied ? rest : { ...rest, variant };
}

/** One that is made for `arm64/v8` does state it. */
function withArm64Variant(platform: Platform): Platform {
  const stated = platform.architecture === 'arm64' && platform.variant === undefined;
  return stated ? { ...platform, variant: 'v8' } : platform;
}

function normalizeOs(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

function normalizeVariant(architecture: string, variant: string): string {
  switch (architecture) {
    case 'amd64':
      return variant === 'v1' ? '' : variant;
    case 'arm64':
      return variant === '8' || variant === 'v8' || variant === 'v8.0' ? '' : variant;
    case 'arm':
      return variant === '' ? 'v7' : variant.replace(/^([5-8])$/, 'v$1');
    default:
      return variant;
  }
}

/** 5 for arm v5, 2 for amd64 v2; undefined for a variant that has no order. */
function variantLevel({ architecture, variant }: Platform): number | undefined {
  if (variant === undefined) return architecture === 'arm64' ? 8 : 1;
  const match = /^v(\d+)(?:\.(\d+))?$/.exec(variant);
  return match === null ? undefined : Number(match[1]) + Number(match[2] ?? 0) / 100;
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, {
    code: 'platform-invalid',
    hint: 'A platform is OS/ARCHITECTURE[/VARIANT], such as linux/arm64 or linux/arm/v7.',
  });
}

/**
 * Refuses an image that is made for another platform than the wanted one.
 *
 * @param reference names the image in the message
 * @throws LamellaError not-found `platform-not-found`
 */
export function demandPlatform(image: Platform, wanted: Platform, reference: string): void {
  if (matchPlatform(wanted, image) !== undefined) return;
  throw new LamellaError(
    'not-found',
    `image with reference ${reference} was found but its platform (${formatPlatform(image)}) does not match the specified platform (${formatPlatform(wanted)})`,
    { code: 'platform-not-found' },
  );
}
