import type { GoValue } from '../go-value.ts';

/** What `if`, `and`, `or` and `not` take for true: anything that is not its type's zero, and every struct. */
export function isTrue({ type, value }: GoValue): boolean {
  switch (type.kind) {
    case 'none':
    case 'any':
      return false;
    case 'string':
      return value !== '';
    case 'number':
      return String(value) !== '';
    case 'bool':
      return value === true;
    case 'int':
    case 'float':
      return value !== 0;
    case 'slice':
      return value !== null && (value as unknown[]).length > 0;
    case 'map':
      return value !== null && Object.keys(value as object).length > 0;
    case 'pointer':
      return value !== null;
    default:
      return true;
  }
}
