import { isLamellaError } from '../../base/errors.ts';
import type { Dockerfile, Stage } from '../parse-dockerfile.ts';
import type { Step } from '../parse/steps.ts';
import { nearestWord } from '../suggest-word.ts';
import { expandWord } from '../words/expand-word.ts';
import type { CheckSurroundings } from './check-dockerfile.ts';
import { wordOf, type Finding } from './finding.ts';

/** Variables that nothing has set where they are used, and files to copy that `.dockerignore` excludes. */
export function checkVariables(stage: Stage, { source }: Dockerfile, around: CheckSurroundings): Finding[] {
  const environment = namesBefore(stage, around);
  const args = new Set<string>();
  return stage.steps.flatMap((step) => {
    const found: Finding[] = environment === undefined ? [] : undefinedIn(step, environment);
    if (step.kind === 'arg') for (const { name } of step.args) args.add(name);
    if (step.kind === 'env') for (const [name] of step.pairs) environment?.add(name);
    return [...found, ...checkCopied(step, around)];
  });

  function undefinedIn(step: Step, known: ReadonlySet<string>): Finding[] {
    const names = new Set<string>();
    for (const word of expandedWords(step)) {
      try {
        expandWord(
          word,
          (name) => {
            if (!known.has(name) && !args.has(name) && !around.predefined.has(name)) names.add(name);
            return known.has(name) || args.has(name) ? '' : undefined;
          },
          source.directives,
        );
      } catch (error) {
        // A build says what is wrong with the word.
        if (!isLamellaError(error)) throw error;
      }
    }
    return [...names].map((name) => {
      const near = nearestWord(name, [...args, ...known]);
      const meant = near === undefined ? '' : ` (did you mean $${near}?)`;
      return {
        rule: 'UndefinedVar',
        message: `Usage of undefined variable '$${name}'${meant}`,
        range: step.range,
      };
    });
  }
}

/** Undefined where the image that it all begins with is not known. */
function namesBefore(stage: Stage, around: CheckSurroundings): Set<string> | undefined {
  const parent = around.parent(stage);
  if (parent === undefined) {
    const names = around.environment(stage);
    return names && new Set(['PATH', ...names]);
  }
  const names = namesBefore(parent, around);
  for (const step of parent.steps) {
    if (step.kind === 'env') for (const [name] of step.pairs) names?.add(name);
  }
  return names;
}

/** The words of a step in which variables are replaced. RUN, CMD and the like leave them to the shell. */
function expandedWords(step: Step): readonly string[] {
  switch (step.kind) {
    case 'add':
    case 'copy':
      return [...step.sources, step.destination, step.chown, step.chmod, ...step.excludes];
    case 'env':
    case 'label':
      return step.pairs.flat();
    case 'arg':
      return step.args.flatMap(({ value }) => value ?? []);
    case 'user':
    case 'workdir':
    case 'stopsignal':
      return [step.value];
    case 'volume':
      return step.words;
    default:
      return [];
  }
}

function checkCopied(step: Step, around: CheckSurroundings): Finding[] {
  if ((step.kind !== 'copy' && step.kind !== 'add') || step.from !== undefined) return [];
  return step.sources.flatMap((path): Finding[] => {
    // What a pattern, a variable or a URL stands for is not known here.
    if (/[*?[$]|^https?:|^git@/.test(path)) return [];
    const plain = path.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, '');
    if (plain === '' || plain === '.' || !around.isIgnored(plain)) return [];
    const word = wordOf(step);
    const verb = word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
    const message = `Attempting to ${verb} file "${path}" that is excluded by .dockerignore`;
    return [{ rule: 'CopyIgnoredFile', message, range: step.range }];
  });
}
