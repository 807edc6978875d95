import type { ApiObject, Filters, OperationOptions } from './common.ts';

/** What a pull of one tag (or digest) brought. */
export interface PulledImage {
  /** Familiar name with tag or digest. */
  readonly name: string;
  /** `sha256:<hex>` of the image. */
  readonly id: string;
  /** Of the manifest or index that the name stands for at the registry. */
  readonly digest: string;
  /** False where the image and its name were here as they are. */
  readonly isNewer: boolean;
}

/** What a pull will take, told before it begins. */
export interface PullPlan {
  /** Bytes that will be fetched. */
  readonly fetch: number;
  /** Bytes and inodes that the store will need. */
  readonly disk: number;
  readonly inodes: number;
}

/** What a push will take, told when it begins and whenever more is known of it. */
export interface PushPlan {
  /** Bytes that will be sent in all for this tag; an estimate, as long as layers are still to be compressed. */
  readonly send: number;
}

export interface PushedTag {
  readonly tag: string;
  /** Of the manifest or index. */
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly isOfficial: boolean;
  readonly isAutomated: boolean;
}

export interface RemoteTag {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes that a pull would fetch for this machine's platform, else for the first one. */
  readonly size: number;
  /** Milliseconds since 1970; undefined where the image does not say. */
  readonly created: number | undefined;
  /** `linux/amd64`, … */
  readonly platforms: readonly string[];
}

export interface LoginReport {
  /** `Login Succeeded` */
  readonly status: string;
  /**
   * Where the credential is kept now: a path or a helper's name, and whether anybody who reads that file has it.
   * Undefined where it stays where it was.
   */
  readonly place?: { readonly kind: 'sealed' | 'helper' | 'plain'; readonly where: string };
}

export interface KnownUser {
  /** '' where a helper keeps a token and not whose it is. */
  readonly username: string;
  /** A password is kept, and not just a token: {@link RegistryEngine.login} can check it again. */
  readonly hasPassword: boolean;
}

export interface MirrorSetting {
  /** Registry (`docker.io`, `ghcr.io`) that the mirrors stand for. */
  readonly registry: string;
  /** In the order in which they are asked. */
  readonly mirrors: readonly string[];
  /** File that says so. */
  readonly source: string;
  /** Those that are asked last at present, why, and until when (milliseconds since 1970). */
  readonly paused: readonly { readonly url: string; readonly until: number; readonly reason: string }[];
}

/** Why a mirror does not work, for surfaces that give advice. */
export type MirrorProblem =
  /** No answer, or none in time. */
  | 'unreachable'
  /** Its TLS certificate is not to be trusted. */
  | 'certificate'
  /** It answers, but not as a registry does: a web page, a captive portal's page. */
  | 'not-a-registry'
  /** It lets nobody in, or not without a login. */
  | 'refused'
  /** It asks to come back later. */
  | 'limited'
  /** It is a registry that has not got (and does not fetch) the image. */
  | 'no-image'
  /** What it sends does not hash to what it is called. */
  | 'wrong-content';

export interface MirrorTest {
  readonly url: string;
  readonly registry: string;
  readonly works: boolean;
  readonly problem?: MirrorProblem;
  /** What is wrong with it, in detail; undefined where it works. */
  readonly reason?: string;
  /** What was asked for: familiar name with tag, and the digest that the mirror gave. */
  readonly image?: string;
  readonly digest?: string;
  /** Whether the registry itself names the same by that tag now; undefined where it could not be asked. */
  readonly isCurrent?: boolean;
  /** Milliseconds until it answered. */
  readonly latency?: number;
  /** Bytes a second. */
  readonly speed?: number;
}

/** Everything that crosses the network. */
export interface RegistryEngine {
  /** Gives each image as soon as it is here: with `allTags` many, else one. */
  pull(
    name: string,
    options?: OperationOptions & {
      allTags?: boolean;
      platform?: string | undefined;
      /** Told once for each image, before any layer is fetched. */
      onPlan?: (plan: PullPlan) => void;
    },
  ): AsyncIterable<PulledImage>;
  push(
    name: string,
    options?: OperationOptions & {
      allTags?: boolean;
      platform?: string | undefined;
      /** For layers that have never been compressed; gzip by default. */
      compression?: 'gzip' | 'zstd';
      onPlan?: (plan: PushPlan) => void;
    },
  ): AsyncIterable<PushedTag>;
  search(
    term: string,
    options?: OperationOptions & { limit?: number; filters?: Filters },
  ): Promise<SearchResult[]>;
  /**
   * Sorted as versions, the newest first, each as soon as it has been looked up.
   *
   * @param options.onNames told all names in that order before
   */
  tags(
    name: string,
    options?: OperationOptions & { onNames?: (names: readonly string[]) => void },
  ): AsyncIterable<RemoteTag>;
  /** A manifest or index of a registry as `docker manifest inspect` shows it; with `verbose` each platform's. */
  manifest(
    name: string,
    options?: OperationOptions & { verbose?: boolean },
  ): Promise<{ bytes: Uint8Array } | ApiObject | readonly ApiObject[]>;
  /** The JSON of `image inspect`, of an image that is not here. */
  inspect(name: string, options?: OperationOptions & { platform?: string | undefined }): Promise<ApiObject>;
  /** From one registry to another (or within one), byte for byte, nothing kept here. */
  copy(
    source: string,
    target: string,
    options?: OperationOptions & {
      platform?: string | undefined;
      /** Signatures, attestations and the like come along. */
      referrers?: boolean;
    },
  ): Promise<{ digest: string; referrers: number }>;
  /** @param credential undefined checks the password that is kept, and leaves it there unless `plaintext` is asked for */
  login(
    registry: string | undefined,
    credential: { username: string; password: string } | undefined,
    options?: OperationOptions & { plaintext?: boolean },
  ): Promise<LoginReport>;
  /** Who is known there; undefined for nobody. */
  knownUser(registry: string | undefined): Promise<KnownUser | undefined>;
  /** Whether there was anything to forget. */
  logout(registry: string | undefined): Promise<boolean>;
  mirrors(): Promise<MirrorSetting[]>;
  /** No mirrors remove the setting. */
  setMirrors(registry: string, mirrors: readonly string[]): Promise<MirrorSetting>;
  /**
   * Asks a server for an image as a pull would, and the registry itself for comparison.
   *
   * @param options.registry `docker.io` by default
   * @param options.image what to ask for, where nothing is known that the registry has
   */
  testMirror(
    url: string,
    options?: OperationOptions & { registry?: string | undefined; image?: string | undefined },
  ): Promise<MirrorTest>;
}
