import { LamellaError } from '../base/errors.ts';

/**
 * The error of an OCI runtime, worded as Docker words it, from what the runtime printed.
 *
 * @param action what was being done
 * @returns LamellaError with code `command-not-found` (a shell's exit code 127), `command-not-executable` (126), or
 *   `runtime-failed`
 */
export function runtimeError(
  action: 'create' | 'exec' | 'pause' | 'resume' | 'update',
  printed: string,
): LamellaError {
  const reason = readReason(printed);
  const noDirectory = /mkdir (.+): not a directory$/i.exec(reason)?.[1];
  if (action === 'create' && noDirectory !== undefined) {
    return new LamellaError('invalid', `Cannot mkdir: ${noDirectory} is not a directory`, {
      code: 'workdir-invalid',
    });
  }
  const message =
    action === 'create'
      ? `failed to create task for container: failed to create shim task: OCI runtime create failed: ${reason}`
      : `OCI runtime ${action} failed: ${reason}`;
  return new LamellaError('invalid', message, { code: codeOf(reason) });
}

/** What the process that could not be started counts as having ended with. */
export function exitCodeOf(error: LamellaError): number {
  if (error.code === 'command-not-found') return 127;
  return error.code === 'command-not-executable' ? 126 : 128;
}

function codeOf(reason: string): string {
  if (/executable file not found|no such file or directory|not a directory/i.test(reason)) {
    return /exec: |exec format|executable/i.test(reason) ? 'command-not-found' : 'runtime-failed';
  }
  if (/exec: .*(permission denied|is a directory|exec format error)|exec format error/i.test(reason)) {
    return 'command-not-executable';
  }
  return 'runtime-failed';
}

/** The last error in lines of logfmt (runc: `time="…" level=error msg="…"`), JSON, or plain text (crun). */
function readReason(printed: string): string {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  const messages = lines
    .map((line) => /\bmsg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1])
    .filter((text) => text !== undefined);
  const quoted = messages.at(-1);
  if (quoted === undefined) return lines.at(-1) ?? 'the runtime gave no reason';
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
