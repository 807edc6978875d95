import { LamellaError } from '../base/errors.ts';
import type { HostConfig, RestartPolicy } from './host-config.ts';

/** Milliseconds from an end to the next start: doubled each time, until one ran for a while (moby restartmanager). */
const pauses = { first: 100, longest: 60_000, forgottenAfter: 10_000 };

export interface EndedRun {
  readonly exitCode: number;
  /** Milliseconds. */
  readonly ranFor: number;
  /** Times it was started again by its policy since a person started it. */
  readonly restartCount: number;
  /** Milliseconds of the last wait, 0 for none. */
  readonly lastPause: number;
  readonly stoppedByHand: boolean;
}

/** The milliseconds after which a container is to be started again; undefined where it stays as it is. */
export function restartPause(policy: RestartPolicy, run: EndedRun): number | undefined {
  if (run.stoppedByHand || !wantsRestart(policy, run)) return undefined;
  const last = run.ranFor >= pauses.forgottenAfter ? 0 : run.lastPause;
  return last === 0 ? pauses.first : Math.min(last * 2, pauses.longest);
}

function wantsRestart({ Name, MaximumRetryCount }: RestartPolicy, run: EndedRun): boolean {
  switch (Name) {
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure':
      return run.exitCode !== 0 && (MaximumRetryCount === 0 || run.restartCount < MaximumRetryCount);
    default:
      return false;
  }
}

/** Whether it is one at all. */
export function hasRestartPolicy({ RestartPolicy }: HostConfig): boolean {
  return RestartPolicy.Name !== '' && RestartPolicy.Name !== 'no';
}

/** @throws LamellaError invalid `restart-policy-invalid`, as Docker words it */
export function checkRestartPolicy(hostConfig: Pick<HostConfig, 'RestartPolicy' | 'AutoRemove'>): void {
  const { Name, MaximumRetryCount } = hostConfig.RestartPolicy;
  const known: readonly string[] = ['', 'no', 'always', 'unless-stopped', 'on-failure'];
  if (!known.includes(Name)) {
    throw invalid(
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (Name === 'on-failure' && MaximumRetryCount < 0) {
    throw invalid('invalid restart policy: maximum retry count cannot be negative');
  }
  if (Name !== 'on-failure' && Name !== '' && MaximumRetryCount !== 0) {
    const negative = MaximumRetryCount < 0 ? ' and cannot be negative' : '';
    throw invalid(
      `invalid restart policy: maximum retry count can only be used with 'on-failure'${negative}`,
    );
  }
  if (hostConfig.AutoRemove && Name !== '' && Name !== 'no') {
    throw invalid("can't create 'AutoRemove' container with restart policy");
  }
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'restart-policy-invalid' });
}
