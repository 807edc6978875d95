import type { Expand } from '../../dockerfile/config/apply-step.ts';
import { environmentOf } from '../../dockerfile/config/environment.ts';
import { instructionError } from '../../dockerfile/instruction-error.ts';
import type { CopyStep } from '../../dockerfile/parse/steps.ts';
import { heredocText } from '../../dockerfile/source/heredoc.ts';
import { expandWord } from '../../dockerfile/words/expand-word.ts';
import type { StageState } from '../stage-state.ts';

/** The words of a COPY or ADD with the values of variables in them. */
export interface CopyWords {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
}

/** @throws LamellaError invalid `instruction-invalid` */
export function expandedWords(step: CopyStep, state: StageState, expand: Expand): CopyWords {
  if (step.from?.includes('$') === true) {
    throw instructionError(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  return {
    sources: step.sources.map(expand),
    destination: expand(step.destination),
    chown: expand(step.chown),
    chmod: expand(step.chmod),
    files: step.files.map((file) => {
      const text = heredocText(file);
      const environment = environmentOf(state.config.Env);
      const lookup = (name: string): string | undefined => state.args.get(name) ?? environment.get(name);
      const content = file.expand ? expandWord(text, lookup, { keepQuotes: true }) : text;
      return { name: file.name, content: Buffer.from(content) };
    }),
  };
}

/** As the history shows them. */
export function copyText(step: CopyStep, words: CopyWords): string {
  const flags = [
    ...(step.from === undefined ? [] : [`--from=${step.from}`]),
    ...(words.chown === '' ? [] : [`--chown=${words.chown}`]),
    ...(words.chmod === '' ? [] : [`--chmod=${words.chmod}`]),
    ...(step.link ? ['--link'] : []),
  ];
  const files = words.files.map(({ name }) => `<<${name}`);
  return [...flags, ...words.sources, ...files, words.destination].join(' ');
}
