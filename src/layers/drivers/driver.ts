import type { Digest } from '../../oci/digest.ts';

export type DriverName = 'erofs' | 'overlay';

interface LayerMount {
  /** The image's layers by diffID, the bottom one first; none for an image without layers. */
  readonly diffIds: readonly Digest[];
  /**
   * A plain directory between the image's layers and `upper`: stubs such as /etc/hosts that a container needs and the
   * image lacks. Being below `upper` they are no change of the container's.
   */
  readonly init?: string;
  /** Takes what is written; without it the mount is read-only. An empty directory at first, kept as long as the container. */
  readonly upper?: string;
  /** overlayfs's own scratch space, on the file system of `upper`. Goes with `upper`. */
  readonly work?: string;
  /** An existing directory, at which the layers appear as one tree. */
  readonly target: string;
  /** Refuse writes although there is an upper directory. */
  readonly readOnly?: boolean;
  /**
   * What is written need not survive a power cut: fsync(2) in the container and unmounting become cheap. For containers
   * that are removed when they end.
   */
  readonly volatile?: boolean;
}

/**
 * Makes layers of the store appear as one directory tree. Terms: a layer's *lower* is the directory in which that layer
 * alone can be seen; the *target* is where overlayfs shows all lowers as one.
 *
 *     await driver.mount({ diffIds, upper, work, target });
 *     // … run something in target …
 *     await driver.unmount({ target });
 *
 * Several processes may mount and unmount at once. Every call looks at the kernel's mount table, never at memory of
 * what was: after a reboot, or after the death of a process half-way, the next call puts things right.
 */
export interface LayerDriver {
  readonly name: DriverName;
  /** @throws LamellaError unsupported `too-many-layers` for more than 500; with errno's name where the kernel refuses */
  mount(mount: LayerMount): Promise<void>;
  /** Unmounts; a target at which nothing is mounted is left alone. Files still open in it stay usable until closed. */
  unmount(mount: Pick<LayerMount, 'target'>): Promise<void>;
  /** Unmounts layers that no mounted target uses any more, such as those of containers whose host has crashed. */
  sweep(): Promise<void>;
}
