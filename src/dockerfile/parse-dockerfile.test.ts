import assert from 'node:assert/strict';
import test from 'node:test';
import { DockerfileError } from './instruction-error.ts';
import { parseDockerfile } from './parse-dockerfile.ts';
import type { CopyStep, RunStep, Step } from './parse/steps.ts';

function steps(text: string): readonly Step[] {
  return parseDockerfile(`FROM scratch\n${text}`).stages[0]?.steps ?? [];
}

function only<Kind extends Step['kind']>(text: string, kind: Kind): Kind extends 'run' ? RunStep : CopyStep {
  const [step] = steps(text);
  assert.equal(step?.kind, kind);
  return step as Kind extends 'run' ? RunStep : CopyStep;
}

test('stages have names in lower case, bases, platforms and what is said above them', () => {
  const { stages, metaArgs, source } = parseDockerfile(`# syntax=docker/dockerfile:1
# escape=\`
ARG VERSION=12
# What compiles.
FROM --platform=$BUILDPLATFORM debian:$VERSION AS Build
RUN make
FROM build
COPY --from=build /a /b
`);
  assert.deepEqual(source.directives, { syntax: 'docker/dockerfile:1', escape: '`' });
  assert.deepEqual(metaArgs[0]?.args, [{ name: 'VERSION', value: '12' }]);
  assert.deepEqual(
    stages.map(({ index, name, base, platform, comments, range, steps: { length } }) => {
      return { index, name, base, platform, comments, range, length };
    }),
    [
      {
        index: 0,
        name: 'build',
        base: 'debian:$VERSION',
        platform: '$BUILDPLATFORM',
        comments: ['What compiles.'],
        range: { start: 5, end: 5 },
        length: 1,
      },
      {
        index: 1,
        name: undefined,
        base: 'build',
        platform: undefined,
        comments: [],
        range: { start: 7, end: 7 },
        length: 1,
      },
    ],
  );
});

test('a directive behind anything else is a comment', () => {
  assert.equal(parseDockerfile('# hello\n# escape=`\nFROM a\n').source.directives.escape, '\\');
  assert.equal(parseDockerfile('\n# escape=`\nFROM a\n').source.directives.escape, '\\');
});

test('a backslash continues a line, over comments and blank lines', () => {
  const dockerfile = parseDockerfile('FROM a\nRUN one \\\n  # not this\n\n  two \\  \n three\nUSER x\n');
  const [run, user] = dockerfile.stages[0]?.steps ?? [];
  assert.deepEqual((run as RunStep).command, { form: 'shell', text: 'one   two  three' });
  assert.deepEqual(run?.range, { start: 2, end: 6 });
  assert.deepEqual(user?.range, { start: 7, end: 7 });
  assert.deepEqual(dockerfile.source.emptyContinuations, [{ start: 2, end: 6 }]);
});

test('an escaped backslash at the end of a line does not continue it', () => {
  assert.equal(steps('RUN echo \\\\\nRUN x\n').length, 2);
});

test('here-documents belong to the instruction that announces them', () => {
  const [run, copy, user] = steps(`RUN <<A cat && <<-'B' cat
$one
A
	two
	B
COPY <<x <<"y" file /dir/
1
x
2
y
USER u
`);
  const parts = (step: Step | undefined): unknown =>
    (step as RunStep).heredocs.map(({ name, expand, stripTabs, content }) => [
      name,
      expand,
      stripTabs,
      content,
    ]);
  assert.deepEqual(parts(run), [
    ['A', true, false, '$one\n'],
    ['B', false, true, '\ttwo\n'],
  ]);
  const { sources, files, destination } = copy as CopyStep;
  assert.deepEqual(sources, ['file']);
  assert.deepEqual(
    files.map(({ name, expand, content }) => [name, expand, content]),
    [
      ['x', true, '1\n'],
      ['y', false, '2\n'],
    ],
  );
  assert.equal(destination, '/dir/');
  assert.equal(user?.kind, 'user');
});

test('<< in a JSON array or a quoted word announces nothing', () => {
  assert.deepEqual(only('RUN ["cat", "<<EOF"]', 'run').heredocs, []);
  assert.deepEqual(only('RUN echo "<<EOF"', 'run').heredocs, []);
  assert.deepEqual(only('RUN cat <<<word', 'run').heredocs, []);
});

test('flags of COPY and ADD', () => {
  const { from, chown, chmod, link, parents, excludes } = only(
    'COPY --from=x --chown=1:2 --chmod=755 --link --parents=false --exclude=*.md --exclude=a a b',
    'copy',
  );
  assert.deepEqual(
    { from, chown, chmod, link, parents, excludes },
    { from: 'x', chown: '1:2', chmod: '755', link: true, parents: false, excludes: ['*.md', 'a'] },
  );
  const { checksum, keepGitDir, unpack } = only(
    'ADD --checksum=sha256:0 --keep-git-dir --unpack=false a b',
    'add',
  );
  assert.deepEqual(
    { checksum, keepGitDir, unpack },
    { checksum: 'sha256:0', keepGitDir: true, unpack: false },
  );
});

test('paths with spaces come as a JSON array, what is none is words', () => {
  assert.deepEqual(only('COPY ["a b", "c d"]', 'copy').sources, ['a b']);
  assert.deepEqual(only('COPY [a, b] c', 'copy').sources, ['[a,', 'b]']);
});

test('mounts, network and security of RUN', () => {
  const { mounts, network, security, command } = only(
    'RUN --mount=type=cache,target=/c --mount=type=secret,id=s --network=none --security=insecure ["a"]',
    'run',
  );
  assert.deepEqual(
    mounts.map(({ text }) => text),
    ['type=cache,target=/c', 'type=secret,id=s'],
  );
  assert.deepEqual({ network, security }, { network: 'none', security: 'insecure' });
  assert.deepEqual(command, { form: 'exec', words: ['a'] });
});

// Every message is what BuildKit 0.25 (Docker 28.5) says of the same file.
const refused: readonly (readonly [text: string, message: string, lines: string])[] = [
  ['', 'the Dockerfile cannot be empty', '1-1'],
  ['# nothing\n', 'file with no instructions', '2-2'],
  [
    'FROM debian AS x\nRUNN echo hi\n',
    'dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)',
    '2-2',
  ],
  [
    'FROM scratch\nCOPY --foo=a b c\n',
    'dockerfile parse error on line 2: unknown flag: --foo (did you mean from?)',
    '2-2',
  ],
  ['FROM scratch\nCOPY --zzzz a b\n', 'dockerfile parse error on line 2: unknown flag: --zzzz', '2-2'],
  [
    'FROM scratch\nCOPY --from a b\n',
    'dockerfile parse error on line 2: missing a value on flag: --from',
    '2-2',
  ],
  [
    'FROM scratch\nCOPY --link=x a b\n',
    'dockerfile parse error on line 2: expecting boolean value for flag --link, not: x',
    '2-2',
  ],
  ['RUN x\n', 'no build stage in current context', '1-1'],
  ['ENV x y\nFROM scratch\n', 'no build stage in current context', '1-1'],
  ['FROM scratch\nENV\n', 'dockerfile parse error on line 2: ENV requires at least one argument', '2-2'],
  [
    'FROM scratch\nCOPY a\n',
    'dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined',
    '2-2',
  ],
  ['FROM scratch\nCOPY <<EOF /x\nabc\n', 'unterminated heredoc', '2-3'],
  ['FROM\n', 'dockerfile parse error on line 1: FROM requires either one or three arguments', '1-1'],
  [
    'FROM scratch AS a b\n',
    'dockerfile parse error on line 1: FROM requires either one or three arguments',
    '1-1',
  ],
  [
    'FROM a AS 1x\n',
    'dockerfile parse error on line 1: invalid name for build stage: "1x", name can\'t start with a number or contain symbols',
    '1-1',
  ],
  ['# escape=x\nFROM scratch\n', "invalid escape token 'x' does not match ` or \\", '1-1'],
  ['#escape=`\n#escape=`\nFROM scratch\n', 'only one escape parser directive can be used', '1-1'],
  ['FROM scratch\nRUN --network=x x\n', 'dockerfile parse error on line 2: invalid network mode "x"', '2-2'],
  [
    'FROM scratch\nSHELL x\n',
    'dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form',
    '2-2',
  ],
  ['FROM scratch\nARG\n', 'dockerfile parse error on line 2: ARG requires at least one argument', '2-2'],
  [
    'FROM scratch\nMAINTAINER\n',
    'dockerfile parse error on line 2: MAINTAINER requires exactly one argument',
    '2-2',
  ],
  [
    'FROM scratch\nONBUILD FROM x\n',
    "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger",
    '2-2',
  ],
  [
    'FROM scratch\nWORKDIR\n',
    'dockerfile parse error on line 2: WORKDIR requires exactly one argument',
    '2-2',
  ],
];

for (const [text, message, lines] of refused) {
  test(`parseDockerfile() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseDockerfile(text),
      (error) => {
        assert.ok(error instanceof DockerfileError);
        assert.equal(error.message, message);
        assert.equal(`${error.range.start}-${error.range.end}`, lines);
        return true;
      },
    );
  });
}
