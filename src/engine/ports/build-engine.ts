import type { Finding } from '../../dockerfile/check/finding.ts';
import { DockerfileError, type SourceRange } from '../../dockerfile/instruction-error.ts';
import type { BuildEvent, BuildStep, RunSettings, SecretSource } from '../../build/request.ts';

export { DockerfileError };
export type { BuildEvent, BuildStep, RunSettings, SecretSource, SourceRange, Finding };

/** An error that knows the lines of the Dockerfile that it is about. */
export function isDockerfileError(error: unknown): error is DockerfileError {
  return error instanceof DockerfileError;
}

/** What to build, and of all else what is not Docker's default. */
export interface NewBuild {
  /** A folder of this machine. */
  readonly context: string;
  /** Path of the Dockerfile: `Dockerfile` in the context by default. Its text instead where `dockerfileText` is given. */
  readonly dockerfile?: string | undefined;
  readonly dockerfileText?: string | undefined;
  readonly tags?: readonly string[];
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `linux/arm64`; that of this machine by default. */
  readonly platform?: string | undefined;
  /** True for all steps, or stages by name. */
  readonly noCache?: boolean | readonly string[];
  readonly pull?: boolean;
  /**
   * Seconds since 1970: what files and image are at most as new as. That of the newest base image by default, so that the
   * same build gives the same image; `now` gives today's times, as Docker does.
   */
  readonly timestamp?: number | 'now' | undefined;
  /** What steps of RUN get, as {@link RunSettings}; nothing by default. */
  readonly run?: Partial<RunSettings>;
  /** Lets a person look around where a step has failed, in a container that is still to be started. */
  readonly debug?: ((container: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (event: BuildEvent) => void;
  /** What is allowed in a Dockerfile but hardly ever meant: Docker's build checks. */
  readonly onFindings?: (findings: readonly Finding[]) => void;
  /** Gets an image that is not here, before a stage begins with it. */
  readonly fetch?: (reference: string, platform: string) => Promise<void>;
}

export interface BuildEngine {
  /**
   * Builds an image from a Dockerfile.
   *
   * @throws LamellaError invalid `dockerfile-invalid` (a DockerfileError, which knows the lines), not-found `dockerfile-not-found`
   */
  build(request: NewBuild): Promise<{ id: string }>;
}
