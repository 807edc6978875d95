import { LamellaError } from '../../base/errors.ts';
import type { HostConfig } from '../host-config.ts';

/** What becomes of what a container writes. */
export interface LogSettings {
  /** With `none` it is for those who are attached, and then gone. */
  readonly kept: boolean;
  /** Most bytes of the log: when it is full, it begins anew. undefined has no limit. */
  readonly limit: number | undefined;
}

/** Docker's defaults for `local`. */
const localDefaults = { size: 20e6, files: 5 };
const powers = 'kmgtp';

/**
 * The log drivers: `json-file` (also what is named ''), `local`, which differs in having a limit by default, and `none`.
 * The log is one file: it takes what Docker's `max-file` files of `max-size` would take together.
 *
 * @throws LamellaError invalid `log-driver-unknown`, `log-option-invalid`
 */
export function logSettings({ Type, Config }: HostConfig['LogConfig']): LogSettings {
  const driver = Type === '' ? 'json-file' : Type;
  if (!['json-file', 'local', 'none'].includes(driver)) {
    throw new LamellaError('invalid', `logger: no log driver named '${driver}' is registered`, {
      code: 'log-driver-unknown',
      hint: 'There are json-file, local and none.',
    });
  }
  for (const name of Object.keys(Config)) {
    if (driver === 'none' || !['max-size', 'max-file'].includes(name)) {
      throw invalid(`unknown log opt '${name}' for ${driver} log driver`);
    }
  }
  if (driver === 'none') return { kept: false, limit: undefined };
  const defaults = driver === 'local' ? localDefaults : { size: undefined, files: 1 };
  const size = Config['max-size'] === undefined ? defaults.size : parseSize(Config['max-size']);
  const files = Config['max-file'] === undefined ? defaults.files : parseCount(Config['max-file']);
  return { kept: true, limit: size === undefined ? undefined : size * files };
}

/** In powers of 1000, as Docker reads it; -1 sets no limit. */
function parseSize(text: string): number | undefined {
  if (text === '-1') return undefined;
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])?(?:i?b)?$/i.exec(text);
  const bytes = Math.floor(
    Number(match?.[1]) * 1000 ** (powers.indexOf((match?.[2] ?? ' ').toLowerCase()) + 1),
  );
  if (match === null || bytes < 1) throw invalid(`invalid size for log opt max-size: '${text}'`);
  return bytes;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw invalid(
    /^\d+$/.test(text) ? 'max-file cannot be less than 1' : `invalid number for log opt max-file: '${text}'`,
  );
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'log-option-invalid' });
}
