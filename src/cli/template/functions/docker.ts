import { formatGoJson } from '../go-json.ts';
import { goString, sliceOf, stringType, type GoValue } from '../go-value.ts';
import type { FunctionTable, TemplateFunction } from './function.ts';

const text = (value: GoValue | undefined): string => String(value?.value);
const onText = (change: (text: string) => string): TemplateFunction => ({
  parameters: ['string'],
  call: (value) => goString(change(text(value))),
});

/** The functions that Docker adds (docker/cli templates/templates.go). */
export const dockerFunctions: FunctionTable = new Map<string, TemplateFunction>([
  ['json', { parameters: ['any'], call: (value) => goString(formatGoJson(value)) }],
  [
    'split',
    {
      parameters: ['string', 'string'],
      call: (value, separator) => {
        const by = text(separator);
        return {
          type: sliceOf(stringType),
          value: by === '' ? Array.from(text(value)) : text(value).split(by),
        };
      },
    },
  ],
  [
    'join',
    {
      parameters: ['strings', 'string'],
      call: (list, separator) => goString(((list?.value ?? []) as string[]).join(text(separator))),
    },
  ],
  ['title', onText((value) => value.replace(/(?<![\p{L}\p{Nd}_'])\p{Ll}/gu, (first) => first.toUpperCase()))],
  ['lower', onText((value) => value.toLowerCase())],
  ['upper', onText((value) => value.toUpperCase())],
  [
    'pad',
    {
      parameters: ['string', 'int', 'int'],
      call: (value, before, after) => {
        if (text(value) === '') return goString('');
        const spaces = (count: GoValue | undefined): string => ' '.repeat(Math.max(0, Number(count?.value)));
        return goString(spaces(before) + text(value) + spaces(after));
      },
    },
  ],
  [
    'truncate',
    {
      parameters: ['string', 'int'],
      call: (value, length) => {
        const bytes = Buffer.from(text(value));
        const limit = Number(length?.value);
        return goString(bytes.length < limit ? text(value) : bytes.subarray(0, limit).toString());
      },
    },
  ],
]);
