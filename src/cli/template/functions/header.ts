import type { GoValue } from '../go-value.ts';
import type { FunctionTable, TemplateFunction } from './function.ts';

const same = (value: GoValue): GoValue => value;
const keeping = (...parameters: TemplateFunction['parameters']): TemplateFunction => ({
  parameters,
  call: same,
});

/** On a table's headings the functions that change a cell change nothing. */
export const headerFunctions: FunctionTable = new Map<string, TemplateFunction>([
  ['json', keeping('string')],
  ['title', keeping('string')],
  ['lower', keeping('string')],
  ['upper', keeping('string')],
  ['truncate', keeping('string', 'int')],
  ['split', keeping('string', 'string')],
  ['join', keeping('string', 'string')],
]);
