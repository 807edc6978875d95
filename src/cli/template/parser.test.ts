import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { inferValue } from './go-value.ts';
import { TemplateError } from './template-error.ts';
import { compileTemplate } from './template.ts';

const pieces = fc.constantFrom(
  '{{', '}}', '{{- ', ' -}}', '.', '.A', '.A.B', '$', '$x', ' := ', ' = ', ' | ', '(', ')', '"q"', "'c'", '`r`', '1', '-2.5',
  ' range ', ' if ', ' else ', ' end ', ' with ', ' define ', ' template ', ' break ', ' nil ', ' true ', ' printf ', ' index ',
  ' eq ', ' json ', ' upper ', ' ', '\n', 'text', ',', '%s', 'é', '/*', '*/', '#',
); // prettier-ignore

test('whatever the text, a template either runs or raises a TemplateError', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      try {
        compileTemplate(parts.join('')).execute(inferValue({ A: { B: ['x', 1, null] } }));
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a template that calls itself for ever is stopped', () => {
  const template = compileTemplate('{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}');
  assert.throws(() => template.execute(inferValue({})), /exceeded maximum template depth/);
});
