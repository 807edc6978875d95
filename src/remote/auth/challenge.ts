/** What a 401 asks for (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const space = /[ \t]*/y;
const between = /[ \t,]*/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const unquoted = /[^ \t,"]+/y;
const longest = 8192;

/** Reads `WWW-Authenticate`, several challenges in one header too. What follows something malformed is left out. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) => parseHeader(header.slice(0, longest)));
}

function parseHeader(text: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(between);
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) return challenges;
    take(space);
    if (text[position] !== '=') {
      challenges.push({ scheme: name, parameters: new Map() });
      continue;
    }
    position += 1;
    take(space);
    const string = take(quoted)?.[1]?.replace(/\\(.)/g, '$1');
    const value = string ?? take(unquoted)?.[0];
    const parameters = challenges.at(-1)?.parameters;
    if (value === undefined || parameters === undefined) return challenges;
    if (!parameters.has(name)) parameters.set(name, value);
  }
}
