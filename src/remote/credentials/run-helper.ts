import { spawn } from 'node:child_process';
import { messageOf, systemErrorCode } from '../../base/errors.ts';

export interface HelperAnswer {
  readonly output: string;
  /** How it failed, in Docker's words: `exit status 1`; undefined where it did not. */
  readonly failure: string | undefined;
  /** What it printed about that, on one of its streams. */
  readonly said: string;
}

const longestAnswer = 1 << 20;
const longestComplaint = 500;

/** Runs `docker-credential-NAME VERB`, of PATH, with `input` on its standard input. */
export async function runHelper(
  name: string,
  verb: string,
  input: string,
  { env, patience }: { env: NodeJS.ProcessEnv; patience: number },
): Promise<HelperAnswer> {
  const program = `docker-credential-${name}`;
  const missing = `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return { output: '', failure: missing, said: '' };
  const child = spawn(program, [verb], { env, stdio: 'pipe', timeout: patience, killSignal: 'SIGKILL' });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    if (output.length > longestAnswer) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    complaint = (complaint + piece).slice(0, longestComplaint);
  });
  // A helper that does not read what it is told is its own affair.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => {
      resolve(systemErrorCode(error) === 'ENOENT' ? missing : messageOf(error));
    });
    // One that was killed may leave others, who keep its streams open.
    child.once('exit', (_, signal) => {
      if (signal === null) return;
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.once('close', (code, signal) => {
      if (signal === null) resolve(code === 0 ? undefined : `exit status ${code}`);
      else resolve(output.length > longestAnswer ? 'its answer has no end' : killed(signal, patience));
    });
  });
  return { output, failure, said: (output.trim() || complaint.trim()).slice(0, longestComplaint) };
}

function killed(signal: NodeJS.Signals, patience: number): string {
  return signal === 'SIGKILL' ? `no answer within ${patience / 1000} s` : `signal: ${signal}`;
}
