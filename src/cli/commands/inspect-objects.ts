import type { ApiObject } from '../../engine/ports/common.ts';
import { CliError } from '../errors/cli-error.ts';
import { errorLine } from '../errors/print-error.ts';
import type { CommandContext } from '../output/context.ts';
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
      if (template !== undefined) outputs.push(`${execute(template, object)}\n`);
    } catch (error) {
      errors.push(errorLine(error));
    }
  }
  if (template === undefined) await context.print(formatJson(found, format === 'json'));
  else await context.io.stdout.write(outputs.length === 0 && errors.length > 0 ? '\n' : outputs.join(''));
  for (const error of errors) await context.warn(error);
  return errors.length > 0 ? 1 : 0;
}

function formatJson(objects: readonly InspectedObject[], compact: boolean): string {
  if (objects.length === 0) return '[]';
  const texts = objects.map(({ json, escapesHtml }) => {
    const text = compact ? JSON.stringify(json) : JSON.stringify(json, undefined, 4);
    return escapesHtml ? text.replace(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`) : text;
  });
  if (compact) return `[${texts.join(',')}]`;
  return `[\n${texts.map((text) => text.replace(/^/gm, '    ')).join(',\n')}\n]`;
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
