import type { ByteStream } from '../../base/streams.ts';
import type { ApiObject, Filters, OperationOptions } from './common.ts';
import type { DependentPruneOptions } from './prune-options.ts';

/** One row of `GET /images/json` of the Docker Engine API. */
export interface ImageSummary {
  /** `sha256:<hex>` */
  readonly Id: string;
  /** The parent's ID, or '' where there is none. */
  readonly ParentId: string;
  /** Familiar names (`ubuntu:14.04`), empty for an image without a tag. */
  readonly RepoTags: readonly string[];
  /** Familiar names with a digest (`ubuntu@sha256:<hex>`). */
  readonly RepoDigests: readonly string[];
  /** Seconds since 1970; 0 where the config does not say. */
  readonly Created: number;
  /** Bytes of all files in all layers. */
  readonly Size: number;
  /** Bytes in layers that other images use too; -1 where it was not asked for. */
  readonly SharedSize: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  /** Containers made from the image; -1 where it was not asked for. */
  readonly Containers: number;
}

/** One row of `GET /images/{name}/history`. */
export interface HistoryItem {
  /** `sha256:<hex>`, or `<missing>`. */
  readonly Id: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** What a removal did, line by line, as `DELETE /images/{name}` answers it. */
export type RemovalLine = { readonly Untagged: string } | { readonly Deleted: string };

/** One move of a tag. */
export interface TagMove {
  /** 0 is the newest: what `REF@{0}` names. */
  readonly index: number;
  /** Familiar name with tag. */
  readonly name: string;
  /** `sha256:<hex>` of what it pointed to; undefined where the tag was new. */
  readonly from: string | undefined;
  /** What it has pointed to since; undefined where the tag was removed. */
  readonly to: string | undefined;
  /** tag, rmi, load, commit, import, undo, … */
  readonly command: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly who: string;
}

export interface PruneReport {
  readonly lines: readonly RemovalLine[];
  /** Bytes that are free now (or would be, with dryRun). */
  readonly spaceReclaimed: number;
}

export interface UndoReport {
  /** The verb of the command that was taken back. */
  readonly command: string;
  /** Tags as they stand now: `to` undefined where the tag is gone again. */
  readonly moves: readonly TagMove[];
  /** IDs of images that are back. */
  readonly restored: readonly string[];
}

export interface LoadedImage {
  /** Familiar name; undefined for an image that the archive does not name. */
  readonly name: string | undefined;
  readonly id: string;
  /** ID of the image that the name pointed to before and which has no name any more. */
  readonly replaced?: string;
}

export interface SavedImages {
  /** Bytes of the whole archive, where that is known before it is written. */
  readonly size: number | undefined;
  readonly content: ByteStream;
}

export interface ImageEngine {
  /** Newest first. `all` also gives images without a name that others were made from. */
  list(options?: { all?: boolean; filters?: Filters; sharedSize?: boolean }): Promise<ImageSummary[]>;
  /** The JSON that `GET /images/{name}/json` answers, keys in Docker's order. */
  inspect(image: string): Promise<ApiObject>;
  history(image: string): Promise<HistoryItem[]>;
  tag(source: string, target: string): Promise<void>;
  tagLog(reference: string): Promise<TagMove[]>;
  /** Takes back the newest operation on names that has not been taken back yet, or the one that moved `reference` last. */
  undo(options?: { reference?: string | undefined }): Promise<UndoReport>;
  /** Errors on one image of several are the caller's to collect: this removes one. */
  remove(image: string, options?: { force?: boolean; noPrune?: boolean }): Promise<RemovalLine[]>;
  /** The caller prints what a dry run gave, then the same run without it must remove exactly that. */
  prune(options?: DependentPruneOptions & { all?: boolean }): Promise<PruneReport>;
  import(
    content: ByteStream,
    options?: OperationOptions & {
      /** `mine:1`; without it the image has no name. */
      reference?: string | undefined;
      /** Dockerfile instructions, one each. */
      changes?: readonly string[];
      /** The image's comment; '' and none leave it to the engine: `Imported from <source>`. */
      message?: string;
      /** `os[/architecture[/variant]]`; that of this machine by default. */
      platform?: string | undefined;
      /** What the comment names: `-` (the default) for standard input, else file or URL. */
      source?: string;
    },
  ): Promise<{ id: string }>;
  /** A path is taken where there is a file: it can be read out of order, so that layers that are here are not read at all. */
  load(
    source: ByteStream | { readonly path: string },
    options?: OperationOptions & {
      /** `os[/architecture[/variant]]`: which one of an image for several; that of this machine by default. */
      platform?: string | undefined;
    },
  ): AsyncIterable<LoadedImage>;
  /** One tar that is a docker-archive and an OCI layout. The images stay until it has been read, or left. */
  save(
    images: readonly string[],
    options?: OperationOptions & {
      /** `os[/architecture[/variant]]`: what each image must be made for. */
      platform?: string | undefined;
    },
  ): Promise<SavedImages>;
}
