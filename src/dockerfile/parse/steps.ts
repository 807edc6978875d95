import type { Healthcheck } from '../../oci/container-config.ts';
import type { SourceRange } from '../instruction-error.ts';
import type { Heredoc } from '../source/heredoc.ts';

/** What every step knows of the place it comes from. */
export interface Located {
  readonly range: SourceRange;
  /** The instruction as one line: how progress, history and errors name it. */
  readonly line: string;
}

/** Exec form is run as it is; shell form is one text for the shell. */
export type CommandLine =
  | { readonly form: 'exec'; readonly words: readonly string[] }
  | { readonly form: 'shell'; readonly text: string };

/** Variables in these texts are not yet expanded. */
export interface ArgStep extends Located {
  readonly kind: 'arg';
  readonly args: readonly { readonly name: string; readonly value: string | undefined }[];
}

export interface PairsStep extends Located {
  readonly kind: 'env' | 'label';
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Written as `ENV NAME VALUE`. */
  readonly legacy: boolean;
}

/** COPY and ADD. */
export interface CopyStep extends Located {
  readonly kind: 'copy' | 'add';
  /** Paths, patterns, for ADD also URLs and git repositories; not the here-documents. */
  readonly sources: readonly string[];
  readonly files: readonly Heredoc[];
  readonly destination: string;
  /** A stage, an image or a named context; undefined is the context. */
  readonly from: string | undefined;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  /** Of ADD: `sha256:…`, what a URL's content or a commit must be. */
  readonly checksum: string;
  readonly keepGitDir: boolean | undefined;
  readonly unpack: boolean | undefined;
}

export interface RunStep extends Located {
  readonly kind: 'run';
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  /** Each as written, `type=cache,target=/root/.cache`, and where it takes its files from; '' where it does not say. */
  readonly mounts: readonly { readonly text: string; readonly from: string }[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  /** `--device`, as written. */
  readonly devices: readonly string[];
}

export interface CommandStep extends Located {
  readonly kind: 'cmd' | 'entrypoint';
  readonly command: CommandLine;
}

interface ShellStep extends Located {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}

export interface ValueStep extends Located {
  readonly kind: 'user' | 'workdir' | 'stopsignal' | 'maintainer';
  readonly value: string;
}

export interface WordsStep extends Located {
  readonly kind: 'expose' | 'volume';
  readonly words: readonly string[];
}

interface HealthcheckStep extends Located {
  readonly kind: 'healthcheck';
  readonly healthcheck: Healthcheck;
}

interface OnBuildStep extends Located {
  readonly kind: 'onbuild';
  /** The instruction for whoever builds from this image. */
  readonly trigger: string;
}

export type Step =
  | ArgStep
  | PairsStep
  | CopyStep
  | RunStep
  | CommandStep
  | ShellStep
  | ValueStep
  | WordsStep
  | HealthcheckStep
  | OnBuildStep;
