import { evaluateTemplate } from './evaluate.ts';
import { builtins } from './functions/builtins.ts';
import { dockerFunctions } from './functions/docker.ts';
import type { FunctionTable } from './functions/function.ts';
import type { GoValue } from './go-value.ts';
import { parseTemplate } from './parser.ts';

/** A Go template, ready to be run on many values. */
export interface Template {
  /** @throws TemplateError with Go's message */
  execute(data: GoValue, options?: { missingKeyFails?: boolean }): string;
}

const allFunctions: FunctionTable = new Map([...builtins, ...dockerFunctions]);

/**
 * Reads a Go template with the functions that Docker offers.
 *
 * @param options.functions replace or add to Docker's, by name
 * @throws TemplateError with Go's message, such as `template: :1: unclosed action`
 */
export function compileTemplate(text: string, options: { functions?: FunctionTable } = {}): Template {
  const functions =
    options.functions === undefined ? allFunctions : new Map([...allFunctions, ...options.functions]);
  const parsed = parseTemplate(text, (name) => functions.has(name));
  return {
    execute: (data, { missingKeyFails = false } = {}) =>
      evaluateTemplate(parsed, data, { functions, missingKeyFails }),
  };
}
