import type { Dockerfile, Stage } from '../parse-dockerfile.ts';
import type { Finding } from './finding.ts';

const reserved: ReadonlySet<string> = new Set(['scratch', 'context']);

/** How stages are named, and what the comments above them and above ARGs describe. */
export function checkStages({ stages, metaArgs, source }: Dockerfile): Finding[] {
  const seen = new Set<string>();
  const described = source.instructions
    .filter(({ command }) => command === 'ARG')
    .filter(({ range }) => metaArgs.some((step) => step.range.start === range.start))
    .flatMap(({ rest, comments, range }) =>
      checkDescription('ARG', rest.split(/[=\s]/, 1)[0] ?? '', { comments, range }),
    );
  const ofStages = stages.flatMap((stage) => {
    const found = [...checkName(stage), ...checkDescription('FROM', stage.name, stage)];
    if (stage.name !== undefined && seen.has(stage.name)) {
      found.push(
        finding(
          'DuplicateStageName',
          `Duplicate stage name "${stage.name}", stage names should be unique`,
          stage,
        ),
      );
    }
    if (stage.name !== undefined) seen.add(stage.name);
    return found;
  });
  return [...described, ...ofStages];
}

function checkName(stage: Stage): Finding[] {
  const [as = '', written = ''] = stage.as?.split(' ') ?? [];
  const found: Finding[] = [];
  if (written !== written.toLowerCase()) {
    found.push(finding('StageNameCasing', `Stage name '${written}' should be lowercase`, stage));
  }
  if (as !== '' && isLower(as) !== isLower(stage.from)) {
    found.push(finding('FromAsCasing', `'${as}' and '${stage.from}' keywords' casing do not match`, stage));
  }
  if (stage.name !== undefined && reserved.has(stage.name)) {
    found.push(
      finding(
        'ReservedStageName',
        `Stage name should not use the same name as reserved stage "${stage.name}"`,
        stage,
      ),
    );
  }
  return found;
}

function checkDescription(
  kind: 'ARG' | 'FROM',
  name: string | undefined,
  place: Pick<Stage, 'comments' | 'range'>,
): Finding[] {
  if (name === undefined || place.comments.length === 0) return [];
  if (place.comments.some((comment) => comment.startsWith(`${name} `))) return [];
  const message = `Comment for ${kind} should follow the format: \`# ${name} <description>\``;
  return [finding('InvalidDefinitionDescription', message, place)];
}

function isLower(word: string): boolean {
  return word === word.toLowerCase();
}

function finding(rule: Finding['rule'], message: string, { range }: Pick<Stage, 'range'>): Finding {
  return { rule, message, range };
}
