import { LamellaError, messageOf } from '../../base/errors.ts';
import type { SeccompProfile, SeccompRule } from './oci-spec.ts';

/** A seccomp profile as Docker's files have it: more than the runtime spec's, since rules can depend on the container. */
interface ProfileFile {
  readonly defaultAction?: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly { architecture: string; subArchitectures?: readonly string[] | null }[] | null;
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly FileRule[] | null;
}

interface FileRule {
  readonly names?: readonly string[] | null;
  readonly name?: string;
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: SeccompRule['args'] | null;
  readonly includes?: Conditions | null;
  readonly excludes?: Conditions | null;
}

interface Conditions {
  readonly caps?: readonly string[] | null;
  readonly arches?: readonly string[] | null;
  /** `4.8` */
  readonly minKernel?: string;
}

export interface Surroundings {
  readonly capabilities: readonly string[];
  /** As Node.js has it: `x64`. */
  readonly architecture: string;
  /** `6.18.44-…` */
  readonly kernel: string;
}

/** Node's names to those of Go, which the conditions of rules use, and to those of the runtime spec. */
const architectureNames: Readonly<Record<string, { go: string; spec: string }>> = {
  x64: { go: 'amd64', spec: 'SCMP_ARCH_X86_64' },
  ia32: { go: 'x86', spec: 'SCMP_ARCH_X86' },
  arm64: { go: 'arm64', spec: 'SCMP_ARCH_AARCH64' },
  arm: { go: 'arm', spec: 'SCMP_ARCH_ARM' },
  ppc64: { go: 'ppc64le', spec: 'SCMP_ARCH_PPC64LE' },
  riscv64: { go: 'riscv64', spec: 'SCMP_ARCH_RISCV64' },
  s390x: { go: 's390x', spec: 'SCMP_ARCH_S390X' },
  loong64: { go: 'loong64', spec: 'SCMP_ARCH_LOONGARCH64' },
};

/**
 * A profile of the user's own, for one container.
 *
 * @param text JSON
 * @throws LamellaError invalid `seccomp-invalid`
 */
export function parseSeccompFile(text: string, surroundings: Surroundings): SeccompProfile {
  const profile = parseJson(text);
  const { defaultAction, defaultErrnoRet, flags, listenerPath, listenerMetadata } = profile;
  if (defaultAction === undefined) throw invalid('defaultAction is missing');
  if ((profile.architectures ?? []).length > 0 && (profile.archMap ?? []).length > 0) {
    throw invalid("both 'architectures' and 'archMap' are specified in the seccomp profile, use either one");
  }
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(flags === undefined ? {} : { flags }),
    ...(listenerPath === undefined ? {} : { listenerPath }),
    ...(listenerMetadata === undefined ? {} : { listenerMetadata }),
    architectures: architecturesOf(profile, surroundings),
    syscalls: (profile.syscalls ?? [])
      .filter((rule) => applies(rule, surroundings))
      .map(({ names, name, action, errnoRet, args }) => ({
        names: name === undefined ? (names ?? []) : [name],
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args === undefined || args === null || args.length === 0 ? {} : { args }),
      })),
  };
}

function parseJson(text: string): ProfileFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(messageOf(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is no object');
  const { syscalls } = value as ProfileFile;
  if (syscalls !== undefined && syscalls !== null && !Array.isArray(syscalls)) {
    throw invalid('syscalls is no list');
  }
  return value;
}

function architecturesOf({ architectures, archMap }: ProfileFile, { architecture }: Surroundings): string[] {
  if (architectures !== undefined && architectures.length > 0) return [...architectures];
  const own = architectureNames[architecture]?.spec;
  const entry = archMap?.find((each) => each.architecture === own);
  return entry === undefined ? [] : [entry.architecture, ...(entry.subArchitectures ?? [])];
}

function applies({ includes, excludes }: FileRule, surroundings: Surroundings): boolean {
  const { capabilities, architecture, kernel } = surroundings;
  const go = architectureNames[architecture]?.go ?? architecture;
  if (excludes?.arches?.includes(go) === true) return false;
  if (excludes?.caps?.some((name) => capabilities.includes(name)) === true) return false;
  if (excludes?.minKernel !== undefined && isAtLeast(kernel, excludes.minKernel)) return false;
  if ((includes?.arches ?? []).length > 0 && includes?.arches?.includes(go) !== true) return false;
  if (includes?.caps?.every((name) => capabilities.includes(name)) === false) return false;
  return includes?.minKernel === undefined || isAtLeast(kernel, includes.minKernel);
}

function isAtLeast(kernel: string, least: string): boolean {
  const numbers = (version: string): [number, number] => {
    const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
    return [major, minor];
  };
  const [major, minor] = numbers(kernel);
  const [leastMajor, leastMinor] = numbers(least);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function invalid(reason: string): LamellaError {
  return new LamellaError('invalid', `Decoding seccomp profile failed: ${reason}`, {
    code: 'seccomp-invalid',
  });
}
