import type { ApiObject } from '../../engine/ports/common.ts';
import { CliError } from '../errors/cli-error.ts';
import { errorLine } from '../errors/print-error.ts';
import type { CommandContext } from '../output/context.ts';
import { escapeControl } from '../table/escape-control.ts';
import { inferValue, type StructType } from '../template/go-value.ts';
import { TemplateError } from '../template/template-error.ts';
import { compileTemplate, type Template } from '../template/template.ts';

export interface InspectedObject {
  readonly json: ApiObject;
  readonly type: StructType;
  /** Docker answers images with `<`, `>` and `&` escaped, containers without. */
  readonly escapesHtml: boolean;
}

/**
 * `inspect` as Docker's client does it: JSON of all that was found, or the template on each; what was not found is told
 * at the end.
 *
 * @returns the exit code
 */
export async function inspectObjects(
  context: CommandContext,
  names: readonly string[],
  { format, find }: { format: string | undefined; find: (name: string) => Promise<InspectedObject> },
): Promise<number> {
  const template = format === undefined || format === '' || format === 'json' ? undefined : compile(format);
  const found: InspectedObject[] = [];
  const outputs: string[] = [];
  const errors: string[] = [];
  for (const name of names) {
    try {
      const object = await find(name);
      found.push(object);
      if (template !== undefined) outputs.push(`${shown(context, execute(template, object))}\n`);
    } catch (error) {
      errors.push(errorLine(error));
    }
  }
  const { isTerminal } = context.io.stdout;
  if (template === undefined)
    await context.print(formatJson(found, { compact: format === 'json', isTerminal }));
  else await context.io.stdout.write(outputs.length === 0 && errors.length > 0 ? '\n' : outputs.join(''));
  for (const error of errors) await context.warn(error);
  return errors.length > 0 ? 1 : 0;
}

/** A program gets the template's output as it is; on a terminal nothing in it may move the cursor. */
function shown({ io }: CommandContext, output: string): string {
  return io.stdout.isTerminal ? output.replace(/[^\n\t]+/g, escapeControl) : output;
}

function formatJson(
  objects: readonly InspectedObject[],
  { compact, isTerminal }: { compact: boolean; isTerminal: boolean },
): string {
  if (objects.length === 0) return '[]';
  const texts = objects.map(({ json, escapesHtml }) => {
    const plain = compact ? JSON.stringify(json) : JSON.stringify(json, undefined, 4);
    const text = isTerminal ? plain.replace(unseen, unicodeEscape) : plain;
    return escapesHtml ? text.replace(/[<>&]/g, unicodeEscape) : text;
  });
  if (compact) return `[${texts.join(',')}]`;
  return `[\n${texts.map((text) => text.replace(/^/gm, '    ')).join(',\n')}\n]`;
}

/** What JSON leaves as it is and a terminal does not show as it is: other controls, marks that turn a line around. */
const unseen = /[\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function compile(format: string): Template {
  try {
    return compileTemplate(format);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new CliError(`template parsing error: ${error.message}`, { exitCode: 64 });
  }
}

/** On the typed value first; where that has no such field, on what the JSON alone says. */
function execute(template: Template, { json, type }: InspectedObject): string {
  try {
    return template.execute({ type, value: json });
  } catch {
    try {
      return template.execute(inferValue(json), { missingKeyFails: true });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new CliError(`template parsing error: ${error.message}`);
    }
  }
}
