import { LamellaError } from '../base/errors.ts';

/** A directory with a name, which outlives the containers that mount it: the `volumes` row. */
export interface Volume {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `type`, `device` and `o`: what is mounted there while a container uses it. Empty for a plain directory. */
  readonly options: Readonly<Record<string, string>>;
}

export type VolumeRequest = Pick<Volume, 'name' | 'driver' | 'labels' | 'options'>;

/** Docker's label for a volume that nobody gave a name: `volume prune` takes only those by default. */
const anonymousLabel = 'com.docker.volume.anonymous';

/** A volume that nobody gave a name. @param name 64 hexadecimal digits */
export function anonymousVolume(
  name: string,
  { driver = 'local', labels = {}, options = {} }: Partial<VolumeRequest> = {},
): VolumeRequest {
  return { name, driver, labels: { ...labels, [anonymousLabel]: '' }, options };
}

export function isAnonymous({ labels }: Pick<Volume, 'labels'>): boolean {
  return Object.hasOwn(labels, anonymousLabel);
}

/** Whether something has to be mounted before its content can be seen. */
export function needsMount({ options }: Pick<Volume, 'options'>): boolean {
  return (options['device'] ?? '') !== '' || (options['type'] ?? '') !== '';
}

/** A directory's name is what a file system takes, in bytes. */
const longestName = 255;

/** @throws LamellaError invalid `volume-invalid`, not-found `volume-driver-not-found` */
export function checkName({ name, driver }: VolumeRequest): void {
  const refuse = (kind: 'invalid' | 'not-found', reason: string, code: string): LamellaError =>
    new LamellaError(kind, `create ${name}: ${reason}`, { code });
  if (driver !== 'local') {
    const reason = `error looking up volume plugin ${driver}: plugin ${JSON.stringify(driver)} not found`;
    throw refuse('not-found', reason, 'volume-driver-not-found');
  }
  if (name.length === 1) {
    const reason = 'volume name is too short, names should be at least two alphanumeric characters';
    throw refuse('invalid', reason, 'volume-invalid');
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    const reason =
      `${JSON.stringify(name)} includes invalid characters for a local volume name, only ` +
      '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path';
    throw refuse('invalid', reason, 'volume-invalid');
  }
  if (name.length > longestName) throw refuse('invalid', 'file name too long', 'volume-invalid');
}

/** Of a volume that is new. @throws LamellaError invalid `volume-options-invalid` */
export function checkOptions({ name, options }: VolumeRequest): void {
  const wrong = wrongOptions(options);
  if (wrong === undefined) return;
  throw new LamellaError('invalid', `create ${name}: ${wrong}`, { code: 'volume-options-invalid' });
}

/** What each option needs beside it. */
const companions: Readonly<Record<string, readonly string[]>> = {
  type: ['device'],
  device: ['type'],
  o: ['device', 'type'],
};

function wrongOptions(options: VolumeRequest['options']): string | undefined {
  for (const name of Object.keys(options)) {
    if (name === 'size') return 'quota size requested but no quota support';
    if (!Object.hasOwn(companions, name)) return `invalid option: ${JSON.stringify(name)}`;
  }
  for (const [name, needed] of Object.entries(companions)) {
    const missing = Object.hasOwn(options, name)
      ? needed.find((other) => !Object.hasOwn(options, other))
      : undefined;
    if (missing !== undefined) return `missing required option: ${JSON.stringify(missing)}`;
  }
  return undefined;
}
