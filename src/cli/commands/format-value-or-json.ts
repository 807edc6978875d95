import { CliError } from '../errors/cli-error.ts';
import { inferValue } from '../template/go-value.ts';
import { TemplateError } from '../template/template-error.ts';
import { compileTemplate } from '../template/template.ts';

/** `--format` of commands that speak of one thing: `json`, or a Go template. */
export function formatValueOrJson(value: unknown, format: string): string {
  try {
    const source = format === 'json' ? '{{json .}}' : format;
    return compileTemplate(source).execute(inferValue(value), { missingKeyFails: true });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new CliError(`template parsing error: ${error.message}`);
  }
}
