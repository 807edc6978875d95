import type { SourceRange } from '../instruction-error.ts';

/** BuildKit's checks by their names (Docker's build checks reference). */
type RuleName =
  | 'ConsistentInstructionCasing'
  | 'CopyIgnoredFile'
  | 'DuplicateStageName'
  | 'ExposeInvalidFormat'
  | 'ExposeProtoCasing'
  | 'FromAsCasing'
  | 'FromPlatformFlagConstDisallowed'
  | 'InvalidDefaultArgInFrom'
  | 'InvalidDefinitionDescription'
  | 'JSONArgsRecommended'
  | 'LegacyKeyValueFormat'
  | 'MaintainerDeprecated'
  | 'MultipleInstructionsDisallowed'
  | 'NoEmptyContinuation'
  | 'RedundantTargetPlatform'
  | 'ReservedStageName'
  | 'SecretsUsedInArgOrEnv'
  | 'StageNameCasing'
  | 'UndefinedArgInFrom'
  | 'UndefinedVar'
  | 'WorkdirRelativePath';

/** What a check has to say of an instruction. The message is BuildKit's. */
export interface Finding {
  readonly rule: RuleName;
  readonly message: string;
  readonly range: SourceRange;
}

/** An instruction's word as it was written. */
export function wordOf({ line }: { readonly line: string }): string {
  return line.split(/\s/, 1)[0] ?? '';
}
