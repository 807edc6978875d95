import type { Dockerfile, Stage } from '../parse-dockerfile.ts';
import { checkCasing } from './check-casing.ts';
import { checkFrom } from './check-from.ts';
import { isWanted, parseCheckOptions } from './check-options.ts';
import { checkStages } from './check-stages.ts';
import { checkSteps, type Inherited } from './check-steps.ts';
import { checkVariables } from './check-variables.ts';
import type { Finding } from './finding.ts';

export interface CheckSurroundings {
  /** The platform arguments, which need no ARG. */
  readonly automatic: ReadonlyMap<string, string>;
  /** Goes before the directive: the build argument `BUILDKIT_DOCKERFILE_CHECK`. */
  readonly options: string | undefined;
  /** Stages that are built: instructions of others are not looked at. */
  readonly needed: ReadonlySet<Stage>;
  /** The stage that a stage begins with. */
  parent(stage: Stage): Stage | undefined;
  /** Names in the environment of the image that a stage begins with; undefined where it is not known. */
  environment(stage: Stage): readonly string[] | undefined;
  /** Names that an ARG or a build may set without being undefined. */
  readonly predefined: ReadonlySet<string>;
  /** Whether `.dockerignore` excludes a path. */
  isIgnored(path: string): boolean;
}

/**
 * Checks what is allowed but hardly ever meant (Docker's build checks), in the order of the lines.
 *
 * @returns with whether findings end the build
 * @throws LamellaError invalid `instruction-invalid` for a directive that cannot be read
 */
export function checkDockerfile(
  dockerfile: Dockerfile,
  around: CheckSurroundings,
): { readonly findings: readonly Finding[]; readonly isError: boolean } {
  const { stages, source } = dockerfile;
  const options = parseCheckOptions(around.options ?? source.directives.check ?? '');
  const findings: Finding[] = [
    ...checkStages(dockerfile),
    ...checkFrom(dockerfile, around.automatic),
    ...source.emptyContinuations.map(({ end }) => ({
      rule: 'NoEmptyContinuation' as const,
      message: 'Empty continuation line',
      range: { start: end, end },
    })),
    ...checkCasing(dockerfile),
    ...stages
      .flatMap(({ steps }) => steps)
      .filter(({ kind }) => kind === 'maintainer')
      .map(({ range }) => ({
        rule: 'MaintainerDeprecated' as const,
        message: 'Maintainer instruction is deprecated in favor of using label',
        range,
      })),
    ...stages
      .filter((stage) => around.needed.has(stage))
      .flatMap((stage) => [
        ...checkSteps(stage, inherited(around.parent(stage), around)),
        ...checkVariables(stage, dockerfile, around),
      ]),
  ];
  return {
    findings: findings
      .filter((finding) => isWanted(finding, options))
      .toSorted((a, b) => a.range.start - b.range.start),
    isError: options.isError,
  };
}

function inherited(parent: Stage | undefined, around: CheckSurroundings): Inherited {
  if (parent === undefined) return { hasWorkdir: false, hasShell: false };
  const before = inherited(around.parent(parent), around);
  return {
    hasWorkdir: before.hasWorkdir || parent.steps.some(({ kind }) => kind === 'workdir'),
    hasShell: before.hasShell || parent.steps.some(({ kind }) => kind === 'shell'),
  };
}
