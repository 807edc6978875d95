import type { JsonObject, JsonValue } from '../../base/json.ts';

/** A repository that a registry has found. Its texts are as the registry sent them: whoever prints them escapes them. */
export interface FoundRepository {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly isOfficial: boolean;
  readonly isAutomated: boolean;
}

/** Reads one entry of `results`; undefined where it has no name. What else is missing or of another type is left empty. */
export function readFound(value: JsonValue): FoundRepository | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { name, description, star_count, is_official, is_automated } = value as JsonObject;
  if (typeof name !== 'string' || name === '') return undefined;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    stars: typeof star_count === 'number' && Number.isSafeInteger(star_count) ? Math.max(0, star_count) : 0,
    isOfficial: is_official === true,
    isAutomated: is_automated === true,
  };
}

/** A repository of which only the name is known. */
export function foundByName(name: string): FoundRepository {
  return { name, description: '', stars: 0, isOfficial: false, isAutomated: false };
}

/** The exact name first, then by stars, then those whose own name it is, then as the registry has them. */
export function sortFound(term: string, found: readonly FoundRepository[]): FoundRepository[] {
  const exact = (name: string): boolean => name === term || name === `library/${term}`;
  const rank = (name: string): number => {
    if (name.endsWith(`/${term}`)) return 0;
    return name.startsWith(term) ? 1 : 2;
  };
  return [...found].sort(
    (a, b) =>
      Number(exact(b.name)) - Number(exact(a.name)) || b.stars - a.stars || rank(a.name) - rank(b.name),
  );
}
