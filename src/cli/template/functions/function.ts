import type { GoValue } from '../go-value.ts';

/** `value` takes whatever comes; `any` lets no value pass as nil; the others are checked as Go's types are. */
export type ParameterType = 'value' | 'any' | 'string' | 'int' | 'strings';

/** A function that templates may call. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Further arguments of this type may follow. */
  readonly rest?: ParameterType;
  /** @throws FunctionError, which becomes `error calling name: …` */
  readonly call: (...args: GoValue[]) => GoValue;
}

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}
