/** A command as `ExecStart=` of a unit takes it (systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting"). */
export function unitCommand(words: readonly string[]): string {
  return words.map(unitWord).join(' ');
}

function unitWord(word: string): string {
  // A specifier and a variable would be replaced.
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w./:=@,+%$-]+$/.test(plain)) return plain;
  return `"${plain.replace(/[\\"\n\t\r]/g, (character) => escapes[character] ?? character)}"`;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
};

/** Text in a setting that is not a command. */
export function unitText(text: string): string {
  return text.replaceAll('%', '%%').replace(/[\n\r]/g, ' ');
}

export interface Section {
  readonly name: string;
  /** In order; a setting may come several times. */
  readonly settings: readonly (readonly [key: string, value: string])[];
}

export function formatUnit(comments: readonly string[], sections: readonly Section[]): string {
  const texts = sections.map(({ name, settings }) =>
    [`[${name}]`, ...settings.map(([key, value]) => `${key}=${value}`)].join('\n'),
  );
  return `${[comments.map((line) => `# ${line}`).join('\n'), ...texts].join('\n\n')}\n`;
}
