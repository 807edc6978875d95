import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { containerInspectType } from '../api-types/container-inspect.ts';
import { imageInspectType } from '../api-types/image-inspect.ts';
import { inferValue, type StructType } from './go-value.ts';
import { TemplateError } from './template-error.ts';
import { compileTemplate } from './template.ts';

interface Golden {
  readonly data: unknown;
  readonly cases: readonly { template: string; output?: string; error?: string }[];
}

/** As `inspect -f` does it: the typed value, and where that fails what JSON alone says. */
function inspect(template: string, data: unknown, type: StructType): { output?: string; error?: string } {
  try {
    const compiled = compileTemplate(template);
    try {
      return { output: `${compiled.execute({ type, value: data })}\n` };
    } catch {
      return { output: `${compiled.execute(inferValue(data), { missingKeyFails: true })}\n` };
    }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { error: `template parsing error: ${error.message}` };
  }
}

for (const [name, type] of [
  ['image', imageInspectType],
  ['container', containerInspectType],
] as const) {
  const golden = JSON.parse(
    readFileSync(join(import.meta.dirname, 'golden', `${name}.json`), 'utf8'),
  ) as Golden;
  for (const { template, ...expected } of golden.cases) {
    // '' and 'json' are not templates to Docker; addresses of pointers are not ours to print.
    if (template === '' || template === 'json' || /0xc0/.test(expected.output ?? '')) continue;
    test(`${name}: ${JSON.stringify(template)} gives what Docker gives`, () => {
      assert.deepEqual(inspect(template, golden.data, type), expected);
    });
  }
}
