/**
 * What a container has mounted somewhere, as it was found out when the container was made (Docker's MountPoint).
 * `--tmpfs` is not among them.
 */
export interface ContainerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Of the volume or the image; '' for what has none. */
  readonly name: string;
  /** Absolute path on the machine, for a bind; of an image, its ID. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
  /** The options as they were written, which `inspect` shows. */
  readonly mode: string;
  /** `rprivate`, …; '' where there is none to speak of. */
  readonly propagation: string;
  /** A bind's source is made where it is missing. */
  readonly makeSource?: boolean;
  /** Without what is mounted below the source. */
  readonly nonRecursive?: boolean;
  /** Whether what is mounted below is read-only too: where the kernel can, by default. */
  readonly readOnlyBelow?: 'never' | 'always';
  /** Relative path in the volume or the image: only that is mounted. */
  readonly subpath?: string;
  /** Options of a tmpfs, joined by commas. */
  readonly options?: string;
}
