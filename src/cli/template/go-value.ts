/**
 * The types Go's templates see. Data without a description are what Go makes of JSON: maps, slices, strings, numbers
 * (`json.Number`) and booleans, where a missing key has no value. A struct names its fields: a missing field is an error.
 */
export type GoType =
  | { readonly kind: 'string' | 'bool' | 'int' | 'float'; readonly name: string }
  /** A JSON number that was not given a type: prints as it was written, compares as a string. */
  | { readonly kind: 'number' }
  /** RFC 3339 text in the data, printed as Go prints a time.Time. */
  | { readonly kind: 'time' }
  | { readonly kind: 'any' }
  | { readonly kind: 'slice'; readonly element: GoType }
  | { readonly kind: 'map'; readonly element: GoType; readonly methods?: Methods }
  | { readonly kind: 'pointer'; readonly element: GoType }
  | StructType
  /** No value at all: Go's zero reflect.Value. */
  | { readonly kind: 'none' };

/** Methods that take one string and give one: `{{.Label "tier"}}`. */
type Methods = Readonly<Record<string, (receiver: unknown, argument: string) => string>>;

export interface StructType {
  readonly kind: 'struct';
  /** With package: `container.Config`. */
  readonly name: string;
  readonly methods?: Methods;
  /** In Go's order. A function, so that types may name each other. */
  readonly fields: () => readonly StructField[];
}

export interface StructField {
  readonly name: string;
  /** Key in the data, where it is not `name`. */
  readonly json?: string;
  readonly type: GoType;
  /** Its fields are also the outer struct's, and its data the outer's. */
  readonly embedded?: boolean;
  /** Left out of JSON when empty. */
  readonly omitEmpty?: boolean;
}

/** A value as a template handles it: data together with the type that says how they behave. */
export interface GoValue {
  readonly type: GoType;
  readonly value: unknown;
  /** It came out of an `interface {}`, which some error messages show. */
  readonly inInterface?: boolean;
}

export const stringType: GoType = { kind: 'string', name: 'string' };
export const boolType: GoType = { kind: 'bool', name: 'bool' };
export const intType: GoType = { kind: 'int', name: 'int' };
export const floatType: GoType = { kind: 'float', name: 'float64' };
export const anyType: GoType = { kind: 'any' };
export const timeType: GoType = { kind: 'time' };
export const noValue: GoValue = { type: { kind: 'none' }, value: undefined };
export const nilInterface: GoValue = { type: anyType, value: null };

export function sliceOf(element: GoType): GoType {
  return { kind: 'slice', element };
}
export function mapOf(element: GoType): GoType {
  return { kind: 'map', element };
}
export function pointerTo(element: GoType): GoType {
  return { kind: 'pointer', element };
}

export const goString = (value: string): GoValue => ({ type: stringType, value });
export const goBool = (value: boolean): GoValue => ({ type: boolType, value });
export const goInt = (value: number): GoValue => ({ type: intType, value });

/** Data from JSON as Go's `map[string]interface {}` world has them. */
export function inferValue(value: unknown): GoValue {
  switch (typeof value) {
    case 'string':
      return { type: stringType, value };
    case 'boolean':
      return { type: boolType, value };
    case 'number':
    case 'bigint':
      return { type: { kind: 'number' }, value };
    case 'object':
      if (value === null) return nilInterface;
      return { type: Array.isArray(value) ? sliceOf(anyType) : mapOf(anyType), value };
    default:
      return noValue;
  }
}

/** The value under its type: data of type `any` show what they really are, absent data become the type's zero. */
export function typedValue(type: GoType, value: unknown): GoValue {
  if (type.kind === 'any') {
    return value === undefined || value === null ? nilInterface : { ...inferValue(value), inInterface: true };
  }
  return { type, value: value ?? zeroOf(type) };
}

function zeroOf(type: GoType): unknown {
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int':
    case 'float':
    case 'number':
      return 0;
    case 'time':
      return '0001-01-01T00:00:00Z';
    case 'struct':
      return {};
    default:
      return null;
  }
}

/** A type's name as Go writes it. */
export function typeName(type: GoType): string {
  switch (type.kind) {
    case 'number':
      return 'json.Number';
    case 'time':
      return 'time.Time';
    case 'any':
      return 'interface {}';
    case 'slice':
      return `[]${typeName(type.element)}`;
    case 'map':
      return `map[string]${typeName(type.element)}`;
    case 'pointer':
      return `*${typeName(type.element)}`;
    case 'none':
      return '<nil>';
    default:
      return type.name;
  }
}

/** A method of a value, if its type has one of that name. */
export function methodOf({ type, value }: GoValue, name: string): ((argument: string) => string) | undefined {
  if (type.kind !== 'struct' && type.kind !== 'map') return undefined;
  const { methods } = type;
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method === undefined ? undefined : (argument) => method(value, argument);
}

/** Elements of a slice, typed. */
export function elementsOf(value: GoValue): GoValue[] {
  if (value.type.kind !== 'slice' || value.value === null) return [];
  const { element } = value.type;
  return (value.value as readonly unknown[]).map((item) => typedValue(element, item));
}

/** Keys of a map, sorted as Go sorts them: by bytes. */
export function sortedKeys(value: GoValue): string[] {
  if (value.value === null || value.value === undefined) return [];
  return Object.keys(value.value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export function entryOf(value: GoValue, key: string): GoValue | undefined {
  if (value.type.kind !== 'map' || value.value === null) return undefined;
  if (!Object.hasOwn(value.value as object, key)) return undefined;
  return typedValue(value.type.element, (value.value as Record<string, unknown>)[key]);
}

/** The field, also of embedded structs; undefined where the struct has none of that name. */
export function fieldOf(type: StructType, data: unknown, name: string): GoValue | undefined {
  for (const field of type.fields()) {
    if (field.name === name) return fieldValue(field, data);
  }
  for (const field of type.fields()) {
    if (field.embedded !== true || field.type.kind !== 'struct') continue;
    const inner = fieldOf(field.type, data, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

export function fieldValue(field: StructField, data: unknown): GoValue {
  if (field.embedded === true) return { type: field.type, value: data };
  return typedValue(field.type, (data as Record<string, unknown>)[field.json ?? field.name]);
}
