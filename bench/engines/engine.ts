import type { Command } from '../harness/timed.ts';

export type EngineName = 'lamella' | 'docker' | 'podman';

/** One of those compared. All of them understand Docker's commands, so a measure is written once. */
export interface Engine {
  readonly name: EngineName;
  /** What `--version` says. */
  readonly version: string;
  /** The folder that holds all its images, as this machine names it. */
  readonly data: string;
  /** The command with Docker's words, such as `command('load', '-i', file)`. */
  command(...words: string[]): Command;
  /** Flags that `run` and `create` need besides Docker's, on this machine. */
  readonly runFlags: readonly string[];
  /** Flags that `pull` and `push` need for a registry without TLS on this machine. */
  readonly plainHttpFlags: readonly string[];
  /** How the engine names a file below the bench's folder. */
  readonly see: (path: string) => string;
  /** A daemon that shares in the work: its largest resident set since the reset, in bytes. */
  readonly daemon?: { resetPeak(): void; peak(): number };
}
