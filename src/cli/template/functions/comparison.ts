import { goBool, typeName, type GoValue } from '../go-value.ts';
import { formatValue } from '../format-value.ts';
import { FunctionError, type TemplateFunction } from './function.ts';

type BasicKind = 'bool' | 'int' | 'float' | 'string' | undefined;

function basicKind(value: GoValue): BasicKind {
  switch (value.type.kind) {
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
      return value.type.kind;
    case 'number':
      return 'string';
    default:
      return undefined;
  }
}

function comparable(value: GoValue): unknown {
  return value.type.kind === 'number' ? String(value.value) : value.value;
}

function isNil(value: GoValue): boolean {
  return value.value === null || value.value === undefined;
}

function equal(a: GoValue, b: GoValue): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) {
    if (a.type.kind !== 'none' && b.type.kind !== 'none' && a.type.kind !== 'any' && b.type.kind !== 'any') {
      throw new FunctionError('incompatible types for comparison');
    }
    return false;
  }
  if (kind !== undefined) return comparable(a) === comparable(b);
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (a.type.kind === 'slice' || a.type.kind === 'map') {
    throw new FunctionError(`non-comparable type ${formatValue(a)}: ${typeName(a.type)}`);
  }
  return a.value === b.value;
}

function less(a: GoValue, b: GoValue): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === undefined || other === undefined) throw new FunctionError('invalid type for comparison');
  if (kind !== other) throw new FunctionError('incompatible types for comparison');
  if (kind === 'bool') throw new FunctionError('invalid type for comparison');
  if (kind === 'string') {
    return Buffer.compare(Buffer.from(String(a.value)), Buffer.from(String(b.value))) < 0;
  }
  return (a.value as number) < (b.value as number);
}

const two = (test: (a: GoValue, b: GoValue) => boolean): TemplateFunction => ({
  parameters: ['value', 'value'],
  call: (a, b) => goBool(test(a, b)),
});

export const comparisons: Readonly<Record<string, TemplateFunction>> = {
  eq: {
    parameters: ['value'],
    rest: 'value',
    call: (first, ...others) => {
      if (others.length === 0) throw new FunctionError('missing argument for comparison');
      return goBool(others.some((other) => equal(first, other)));
    },
  },
  ne: two((a, b) => !equal(a, b)),
  lt: two(less),
  le: two((a, b) => less(a, b) || equal(a, b)),
  gt: two((a, b) => !(less(a, b) || equal(a, b))),
  ge: two((a, b) => !less(a, b)),
};
