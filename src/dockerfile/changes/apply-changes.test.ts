import assert from 'node:assert/strict';
import test from 'node:test';
import type { ContainerConfig } from '../../oci/container-config.ts';
import { applyChanges } from './apply-changes.ts';

// Every expectation here is what Docker 28.5 made of the same `import -c`.
const accepted: readonly [changes: string[], config: ContainerConfig][] = [
  [['CMD'], { Cmd: ['/bin/sh', '-c'] }],
  [['CMD [a'], { Cmd: ['/bin/sh', '-c', '[a'] }],
  [['CMD ["a","b"] x'], { Cmd: ['/bin/sh', '-c', '["a","b"] x'] }],
  [["CMD ['a']"], { Cmd: ['/bin/sh', '-c', "['a']"] }],
  [['CMD   a   b  '], { Cmd: ['/bin/sh', '-c', 'a   b'] }],
  [['cmd ["a"]'], { Cmd: ['a'] }],
  [['CMD x', 'ENTRYPOINT y'], { Cmd: ['/bin/sh', '-c', 'x'], Entrypoint: ['/bin/sh', '-c', 'y'] }],
  [['ENTRYPOINT []'], { Entrypoint: [] }],
  [['USER a b'], { User: 'a b' }],
  [['USER "a"'], { User: 'a' }],
  [['USER ${A:-"q r"}'], { User: 'q r' }],
  [['# comment\nUSER x\n\n USER y'], { User: 'y' }],
  [
    ['ENV A=1', `ENV B=\${A}2 C=\${X:-d} D=\${A:+e} E=$A$B F=\${X-q} G='$A' H="$A" I=\\$A J=a\\\\b`],
    { Env: ['A=1', 'B=12', 'C=d', 'D=e', 'E=1', 'F=q', 'G=$A', 'H=1', 'I=$A', 'J=a\\b'] },
  ],
  [['ENV A hello   world  x'], { Env: ['A=hello   world  x'] }],
  [['ENV A "hello"   world'], { Env: ['A=hello   world'] }],
  [['ENV A b\\ c'], { Env: ['A=b c'] }],
  [['ENV A=1 \\\n  B=2'], { Env: ['A=1', 'B=2'] }],
  [['ENV A=a\\'], { Env: ['A=a'] }],
  [['ENV A=1 A=2'], { Env: ['A=2'] }],
  [['ENV A= B=""'], { Env: ['A=', 'B='] }],
  [['ENV A=1%2 B=$1 C=$ D=$$ E=$-'], { Env: ['A=1%2', 'B=', 'C=$', 'D=', 'E='] }],
  [['LABEL "x y"=z a=$A'], { Labels: { 'x y': 'z', a: '' } }],
  [['LABEL a.b-c="multi \\\nline"'], { Labels: { 'a.b-c': 'multi line' } }],
  [['EXPOSE 8080/TCP 53/udp'], { ExposedPorts: { '8080/tcp': {}, '53/udp': {} } }],
  [['EXPOSE 1-3/sctp 0'], { ExposedPorts: { '1/sctp': {}, '2/sctp': {}, '3/sctp': {}, '0/tcp': {} } }],
  [['EXPOSE 80:81 82/'], { ExposedPorts: { '81/tcp': {}, '82/tcp': {} } }],
  [['EXPOSE 1-2-3'], { ExposedPorts: { '1/tcp': {}, '2/tcp': {} } }],
  [['EXPOSE $P'], { ExposedPorts: {} }],
  [
    ['VOLUME /a /b', 'VOLUME ["/c d"]', 'VOLUME $X/e'],
    { Volumes: { '/a': {}, '/b': {}, '/c d': {}, '/e': {} } },
  ],
  [['WORKDIR /a/', 'WORKDIR b/../c'], { WorkingDir: '/a/c' }],
  [['WORKDIR w'], { WorkingDir: '/w' }],
  [['STOPSIGNAL 9'], { StopSignal: '9' }],
  [['STOPSIGNAL sigterm'], { StopSignal: 'sigterm' }],
  [['STOPSIGNAL RTMIN+3'], { StopSignal: 'RTMIN+3' }],
  [['STOPSIGNAL 999'], { StopSignal: '999' }],
  [['ONBUILD FOO x', 'onbuild  copy a b'], { OnBuild: ['FOO x', 'copy a b'] }],
  [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
];

for (const [changes, config] of accepted) {
  test(`applyChanges() takes ${JSON.stringify(changes)}`, () => {
    assert.deepEqual(applyChanges({}, changes), config);
  });
}

test('applyChanges() reads every flag of HEALTHCHECK, durations in nanoseconds', () => {
  const change =
    'HEALTHCHECK --interval=1m30s --timeout=1.5h --start-period=10ms --start-interval=3s --retries=2 CMD ["a","b"]';
  assert.deepEqual(applyChanges({}, [change]).Healthcheck, {
    Test: ['CMD', 'a', 'b'],
    Interval: 90e9,
    Timeout: 5400e9,
    StartPeriod: 10e6,
    StartInterval: 3e9,
    Retries: 2,
  });
});

test('applyChanges() lets an entry point drop the inherited command, and leaves the given config alone', () => {
  const config = { Cmd: ['a'], Env: ['A=1'] };
  assert.deepEqual(applyChanges(config, ['ENTRYPOINT ["b"]', 'ENV A=2']), {
    Entrypoint: ['b'],
    Env: ['A=2'],
  });
  assert.deepEqual(config, { Cmd: ['a'], Env: ['A=1'] });
});

const refused: readonly [change: string, message: string][] = [
  ['', 'file with no instructions'],
  ['RUN x', 'RUN is not a valid change command'],
  ['foo', 'foo is not a valid change command'],
  ['SHELL ["/bin/x"]', 'SHELL is not a valid change command'],
  ['constructor x', 'constructor is not a valid change command'],
  ['CMD --foo bar', 'unknown flag: --foo'],
  ['CMD ["a", 1]', 'when using JSON array syntax, arrays must be comprised of strings only'],
  ['ENV', 'ENV requires at least one argument'],
  ['ENV A', 'ENV must have two arguments'],
  ['ENV =x', 'ENV names can not be blank'],
  ['ENV a=b c', 'Syntax error - can\'t find = in "c". Must be of the form: name=value'],
  [
    'ENV a="b c',
    'failed to process "\\"b c": unexpected end of statement while looking for matching double-quote',
  ],
  [
    "ENV A='b",
    'failed to process "\'b": unexpected end of statement while looking for matching single-quote',
  ],
  ['ENV A=${', 'failed to process "${": syntax error: missing \'}\''],
  ['ENV A=${B:?no}', 'failed to process "${B:?no}": B: no'],
  ['ENV A=${B:x}', 'failed to process "${B:x}": unsupported modifier (:x) in substitution'],
  ['LABEL a', 'LABEL must have two arguments'],
  ['EXPOSE', 'EXPOSE requires at least one argument'],
  ['EXPOSE x', 'Invalid containerPort: x'],
  ['EXPOSE 80-70', 'Invalid containerPort: 80-70'],
  ['EXPOSE 65536', 'Invalid containerPort: 65536'],
  ['EXPOSE 80/foo', 'Invalid proto: foo'],
  ['ONBUILD', 'ONBUILD requires at least one argument'],
  ['ONBUILD from x', "FROM isn't allowed as an ONBUILD trigger"],
  ['ONBUILD ONBUILD RUN x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ['USER', 'USER requires exactly one argument'],
  ['VOLUME []', 'VOLUME requires at least one argument'],
  ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
  ['WORKDIR $HOME', 'cannot normalize nothing'],
  ['STOPSIGNAL 0', 'invalid signal: 0'],
  ['STOPSIGNAL SIGTERM x', 'invalid signal: SIGTERM x'],
  ['HEALTHCHECK', 'HEALTHCHECK requires at least one argument'],
  ['HEALTHCHECK FOO', 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
  ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
  ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
  ['HEALTHCHECK --interval=x CMD x', 'time: invalid duration "x"'],
  ['HEALTHCHECK --interval=5 CMD x', 'time: missing unit in duration "5"'],
  ['HEALTHCHECK --interval=1us CMD x', 'Interval "interval" cannot be less than 1ms'],
  ['HEALTHCHECK --retries CMD x', 'missing a value on flag: --retries'],
  ['HEALTHCHECK --retries=x CMD x', 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['HEALTHCHECK --retries=-1 CMD x', '--retries cannot be negative (-1)'],
];

for (const [change, message] of refused) {
  test(`applyChanges() refuses ${JSON.stringify(change)} in Docker's words`, () => {
    assert.throws(() => applyChanges({}, [change]), { name: 'LamellaError', kind: 'invalid', message });
  });
}
