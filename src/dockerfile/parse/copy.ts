import { instructionError } from '../instruction-error.ts';
import { announcedBy, type Heredoc } from '../source/heredoc.ts';
import { readFlags, type AllowedFlags } from '../source/instruction.ts';
import { parseJsonWords } from '../words/words.ts';
import type { StepSource } from './step-source.ts';
import type { CopyStep, Located } from './steps.ts';

const flagsOf: Readonly<Record<'COPY' | 'ADD', AllowedFlags>> = {
  COPY: { values: ['from', 'chown', 'chmod'], switches: ['link', 'parents'], lists: ['exclude'] },
  ADD: {
    values: ['chown', 'chmod', 'checksum'],
    switches: ['link', 'keep-git-dir', 'unpack'],
    lists: ['exclude'],
  },
};

export function parseCopy(source: StepSource, located: Located): CopyStep {
  const command = source.command === 'ADD' ? 'ADD' : 'COPY';
  const flags = readFlags(source, flagsOf[command]);
  const words = copyWords(source);
  if (words.length === 0) throw instructionError(`${command} requires at least two arguments`);
  if (words.length === 1) {
    throw instructionError(
      `${command} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  const sources: string[] = [];
  const files: Heredoc[] = [];
  for (const word of words.slice(0, -1)) {
    const file = source.heredocs.find(
      ({ name }) => source.heredocs.length > 0 && announcedBy(word, source.syntax)?.name === name,
    );
    if (file === undefined) sources.push(word);
    else files.push(file);
  }
  const destination = words.at(-1) ?? '';
  if (source.heredocs.length > 0 && announcedBy(destination, source.syntax) !== undefined) {
    throw instructionError(`${command} cannot accept a heredoc as a destination`);
  }
  return {
    kind: command === 'ADD' ? 'add' : 'copy',
    sources,
    files,
    destination,
    from: flags.value('from'),
    chown: flags.value('chown') ?? '',
    chmod: flags.value('chmod') ?? '',
    link: flags.isOn('link') ?? false,
    parents: flags.isOn('parents') ?? false,
    excludes: flags.list('exclude'),
    checksum: flags.value('checksum') ?? '',
    keepGitDir: flags.isOn('keep-git-dir'),
    unpack: flags.isOn('unpack'),
    ...located,
  };
}

/** Paths with spaces come as a JSON array: in words, neither quotes nor escapes keep a space. */
function copyWords({ rest }: StepSource): readonly string[] {
  const words = isStringArray(rest) ? parseJsonWords(rest) : undefined;
  return words ?? rest.split(/\s+/).filter((word) => word !== '');
}

function isStringArray(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string');
  } catch {
    return false;
  }
}
