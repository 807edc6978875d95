import type { SourceInstruction } from '../source/instruction.ts';
import type { WordSyntax } from '../words/word-syntax.ts';
import { parseJsonWords } from '../words/words.ts';
import type { CommandLine } from './steps.ts';

/** What is read into a step, with how its words are written. */
export interface StepSource extends SourceInstruction {
  readonly syntax: WordSyntax;
}

/** A JSON array is the exec form; anything else is for the shell. */
export function commandLine(text: string): CommandLine {
  const words = parseJsonWords(text);
  return words === undefined ? { form: 'shell', text } : { form: 'exec', words };
}
