import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDockerfile } from '../parse-dockerfile.ts';
import { checkDockerfile, type CheckSurroundings } from './check-dockerfile.ts';

/** Rule and line of each finding. What is expected here, BuildKit 28.5.2 printed for the same text. */
function check(text: string, around: Partial<CheckSurroundings> = {}): string[] {
  const dockerfile = parseDockerfile(text);
  const { stages } = dockerfile;
  const { findings } = checkDockerfile(dockerfile, {
    automatic: new Map([['TARGETPLATFORM', 'linux/amd64']]),
    options: undefined,
    needed: new Set(stages),
    parent: ({ base, index }) => stages.slice(0, index).findLast(({ name }) => name === base),
    environment: () => [],
    predefined: new Set(),
    isIgnored: () => false,
    ...around,
  });
  return findings.map(({ rule, message, range }) => `${range.start} ${rule}: ${message}`);
}

/** The same without the messages. */
function rules(text: string, around: Partial<CheckSurroundings> = {}): string[] {
  return check(text, around).map((line) => line.split(':', 1)[0] ?? '');
}

test('stages, their names and platforms are checked', () => {
  const text = [
    'ARG base=debian:12',
    'ARG TAG',
    'FROM --platform=linux/amd64 debian:12 as Base',
    'FROM --platform=$TARGETPLATFORM debian:12 AS scratch',
    'FROM debian:$TAGG AS base',
    'FROM debian:12 AS nodef',
  ].join('\n');
  assert.deepEqual(check(text), [
    "3 StageNameCasing: Stage name 'Base' should be lowercase",
    "3 FromAsCasing: 'as' and 'FROM' keywords' casing do not match",
    '3 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64"',
    '4 ReservedStageName: Stage name should not use the same name as reserved stage "scratch"',
    '4 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    '5 DuplicateStageName: Duplicate stage name "base", stage names should be unique',
    '5 InvalidDefaultArgInFrom: Default value for ARG debian:$TAGG results in empty or invalid base image name',
    "5 UndefinedArgInFrom: FROM argument 'TAGG' is not declared (did you mean TAG?)",
  ]);
});

test('instructions are checked, and what a stage inherits counts', () => {
  const text = [
    'FROM debian:12 AS b',
    'ENV FOO bar',
    'WORKDIR x',
    'ENV API_TOKEN=1 PUBLIC_KEY=x',
    'EXPOSE 80/TCP 127.0.0.1:80:80',
    'ENTRYPOINT a',
    'entrypoint b',
    'maintainer me',
    'FROM b AS d',
    'WORKDIR y',
    'SHELL ["/bin/bash","-c"]',
    'CMD z',
  ].join('\n');
  assert.deepEqual(check(text), [
    '2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
    '3 WorkdirRelativePath: Relative workdir "x" can have unexpected results if the base image changes',
    '4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "API_TOKEN")',
    "5 ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
    "5 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'",
    '6 MultipleInstructionsDisallowed: Multiple entrypoint instructions should not be used in the same stage because only the last one will be used',
    '6 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals',
    "7 ConsistentInstructionCasing: Command 'entrypoint' should match the case of the command majority (uppercase)",
    '7 JSONArgsRecommended: JSON arguments recommended for entrypoint to prevent unintended behavior related to OS signals',
    "8 ConsistentInstructionCasing: Command 'maintainer' should match the case of the command majority (uppercase)",
    '8 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label',
  ]);
});

test('variables that nothing sets are named, with what was meant; RUN leaves them to its shell', () => {
  const text =
    'FROM debian:12\nARG x=$yy\nCOPY a /$PAHT\nENV A=${NOPE:-x}\nENV B=$A C=$B\nRUN echo $undef\nEXPOSE $nope\n';
  assert.deepEqual(check(text), [
    "2 UndefinedVar: Usage of undefined variable '$yy'",
    "3 UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?)",
    "4 UndefinedVar: Usage of undefined variable '$NOPE'",
    "5 UndefinedVar: Usage of undefined variable '$B' (did you mean $x?)",
  ]);
  assert.deepEqual(check(text, { environment: () => undefined }), []);
});

test('an empty line in a continued instruction is found at the end of the instruction', () => {
  assert.deepEqual(rules('FROM debian:12\nRUN echo a \\\n\n  && echo b\n'), ['4 NoEmptyContinuation']);
});

test('instructions of stages that are not built are not checked', () => {
  assert.deepEqual(rules('FROM debian:12\nWORKDIR x\nFROM debian:12\n', { needed: new Set() }), []);
});

test('the directive skips rules and asks for others; a build argument goes before it', () => {
  const text =
    '# check=skip=StageNameCasing;experimental=InvalidDefinitionDescription\n\n# any\nARG a=debian\n# B is good\nFROM $a AS B\nCMD x\n';
  assert.deepEqual(rules(text), [
    '4 InvalidDefinitionDescription',
    '6 InvalidDefinitionDescription',
    '7 JSONArgsRecommended',
  ]);
  assert.deepEqual(rules(text, { options: 'skip=all' }), []);
  assert.throws(() => check('# check=wrong=x\nFROM debian\n'), /invalid check option/);
});

test('a file to copy that .dockerignore excludes is found where this is asked for', () => {
  const text = '# check=experimental=all\nFROM debian:12\nCOPY ./a.log *.log b /\n';
  assert.deepEqual(check(text, { isIgnored: (path) => path.endsWith('.log') }), [
    '3 CopyIgnoredFile: Attempting to Copy file "./a.log" that is excluded by .dockerignore',
  ]);
});
