import {
  elementsOf,
  entryOf,
  goBool,
  goInt,
  goString,
  typeName,
  typedValue,
  type GoValue,
} from '../go-value.ts';
import { sprint, sprintf, sprintln } from '../printf.ts';
import { comparisons } from './comparison.ts';
import { escapers } from './escapers.ts';
import { FunctionError, type FunctionTable, type TemplateFunction } from './function.ts';
import { isTrue } from './truth.ts';

/** The functions of text/template itself. `and` and `or` stop early, which the evaluator sees to. */
export const builtins: FunctionTable = new Map<string, TemplateFunction>(
  Object.entries({
    ...comparisons,
    ...escapers,
    and: { parameters: ['value'], rest: 'value', call: (first: GoValue) => first },
    or: { parameters: ['value'], rest: 'value', call: (first: GoValue) => first },
    not: { parameters: ['value'], call: (value: GoValue) => goBool(!isTrue(value)) },
    len: { parameters: ['value'], call: (value: GoValue) => goInt(lengthOf(value)) },
    index: {
      parameters: ['value'],
      rest: 'value',
      call: (item: GoValue, ...keys: GoValue[]) => keys.reduce(indexInto, mustHave(item)),
    },
    slice: { parameters: ['value'], rest: 'value', call: sliceOfValue },
    print: { parameters: [], rest: 'any', call: (...args: GoValue[]) => goString(sprint(args)) },
    println: { parameters: [], rest: 'any', call: (...args: GoValue[]) => goString(sprintln(args)) },
    printf: {
      parameters: ['string'],
      rest: 'any',
      call: (format: GoValue, ...args: GoValue[]) => goString(sprintf(String(format.value), args)),
    },
    call: {
      parameters: ['value'],
      rest: 'value',
      call: (value: GoValue): GoValue => {
        // The evaluator words the error: only it knows how the argument was written.
        throw new FunctionError(isTrue(value) ? 'not a function' : 'call of nil');
      },
    },
  } satisfies Record<string, TemplateFunction>),
);

function mustHave(value: GoValue): GoValue {
  if (value.type.kind === 'none' || value.type.kind === 'any')
    throw new FunctionError('index of untyped nil');
  return value;
}

function indexInto(item: GoValue, key: GoValue): GoValue {
  const { type } = item;
  switch (type.kind) {
    case 'slice': {
      const elements = elementsOf(item);
      return elements[checkIndex(key, elements.length, false)] as GoValue;
    }
    case 'string': {
      const bytes = Buffer.from(String(item.value));
      return { type: { kind: 'int', name: 'uint8' }, value: bytes[checkIndex(key, bytes.length, false)] };
    }
    case 'map':
      if (key.type.kind !== 'string') {
        if (key.type.kind === 'none' || key.type.kind === 'any')
          throw new FunctionError('value is nil; should be of type string');
        throw new FunctionError(`value has type ${typeName(key.type)}; should be string`);
      }
      return entryOf(item, String(key.value)) ?? typedValue(type.element, undefined);
    case 'none':
    case 'any':
      throw new FunctionError('index of nil pointer');
    default:
      throw new FunctionError(`can't index item of type ${typeName(type)}`);
  }
}

function checkIndex(key: GoValue, length: number, upTo: boolean): number {
  if (key.type.kind === 'none' || key.type.kind === 'any') {
    throw new FunctionError('cannot index slice/array with nil');
  }
  if (key.type.kind !== 'int') {
    throw new FunctionError(`cannot index slice/array with type ${typeName(key.type)}`);
  }
  const index = key.value as number;
  if (index < 0 || index > length || (index === length && !upTo)) {
    throw new FunctionError(`index out of range: ${index}`);
  }
  return index;
}

function sliceOfValue(item: GoValue, ...indexes: GoValue[]): GoValue {
  const { kind } = item.type;
  if (kind === 'none' || kind === 'any') throw new FunctionError('slice of untyped nil');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (kind !== 'string' && kind !== 'slice') {
    throw new FunctionError(`can't slice item of type ${typeName(item.type)}`);
  }
  if (kind === 'string' && indexes.length === 3) throw new FunctionError('cannot 3-index slice a string');
  const content = kind === 'string' ? Buffer.from(String(item.value)) : ((item.value ?? []) as unknown[]);
  const [from, to] = [0, content.length].map((otherwise, position) => {
    const index = indexes[position];
    return index === undefined ? otherwise : checkIndex(index, content.length, true);
  }) as [number, number];
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  const part = content.slice(from, to);
  return { type: item.type, value: Buffer.isBuffer(part) ? part.toString() : part };
}

function lengthOf(item: GoValue): number {
  const { type, value } = item;
  switch (type.kind) {
    case 'string':
    case 'number':
      return Buffer.byteLength(String(value));
    case 'slice':
      return value === null ? 0 : (value as unknown[]).length;
    case 'map':
      return value === null ? 0 : Object.keys(value as object).length;
    case 'none':
    case 'any':
      throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
    default:
      throw new FunctionError(`len of type ${typeName(type)}`);
  }
}
