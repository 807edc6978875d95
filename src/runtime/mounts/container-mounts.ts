import { isLamellaError } from '../../base/errors.ts';
import type { Database } from '../../db/database.ts';
import type { RecordEvent } from '../../events/event-log.ts';
import type { Digest } from '../../oci/digest.ts';
import { createVolumeService } from '../../volumes/volume-service.ts';
import { containerPaths, type RuntimeFolders } from '../container-paths.ts';
import type { RootDriver } from '../root-file-system.ts';
import type { RuntimeMount } from '../spec/oci-spec.ts';
import type { Container, ContainerImage, ContainerRequest } from '../types.ts';
import { planMounts, type MountPlan } from './plan-mounts.ts';
import { prepareMounts, releaseMounts } from './prepare-mounts.ts';

/** What containers have mounted besides their root: volumes, directories of the machine, images, tmpfs. */
export interface ContainerMounts {
  /** What a new container is to have, everything in the request checked. */
  plan(
    id: string,
    request: ContainerRequest,
    image: ContainerImage,
    findContainer: (text: string) => Container,
  ): MountPlan;
  /** Makes the volumes and notes who has what: in the transaction that makes the container. */
  join(id: string, plan: MountPlan): void;
  /** For a container that starts, whose root is mounted. */
  prepare(container: Container): Promise<RuntimeMount[]>;
  /** For one that does not run (any more), be there something to take away or not. */
  release(id: string, mounts: Container['spec']['mounts']): Promise<void>;
  /** The volumes that were made for a container alone. */
  anonymousVolumes(id: string): readonly string[];
  /** Removes those that no other container has. */
  removeVolumes(names: readonly string[]): Promise<void>;
  /** Removes what crashes have left. @param isUsing whether that container may be using volumes now */
  collect(isUsing: (containerId: string) => boolean): Promise<void>;
}

interface ContainerMountsDeps {
  readonly db: Database;
  readonly folders: RuntimeFolders;
  readonly driver: () => Promise<RootDriver>;
  readonly record: RecordEvent;
  readonly now: () => number;
}

export function createContainerMounts(deps: ContainerMountsDeps): ContainerMounts {
  const { db, folders, record } = deps;
  const volumes = createVolumeService(deps);

  const layersAt = (containerId: string, target: string): Digest[] =>
    db
      .all<{ diff_id: Digest }>(
        'SELECT diff_id FROM container_image_mounts WHERE container_id = ? AND target = ? ORDER BY position',
        containerId,
        target,
      )
      .map((row) => row.diff_id);

  return {
    plan: (id, { hostConfig, config, mountedImages = [] }, image, findContainer) =>
      planMounts({
        hostConfig,
        anonymous: [...Object.keys(image.config.Volumes ?? {}), ...config.Volumes],
        images: mountedImages,
        folder: containerPaths(folders, id).mounts,
        volumes,
        findContainer,
        layersAt,
      }),
    join(id, plan) {
      for (const { request } of plan.volumes) volumes.create(request);
      volumes.attach(
        id,
        plan.volumes.map(({ use }) => use),
      );
      for (const [target, diffIds] of plan.images) {
        for (const [position, diffId] of diffIds.entries()) {
          db.run(
            'INSERT INTO container_image_mounts (container_id, target, position, diff_id) VALUES (?, ?, ?, ?)',
            id,
            target,
            position,
            diffId,
          );
        }
      }
    },
    async prepare(container) {
      const driver = await deps.driver();
      const paths = containerPaths(folders, container.id);
      return await prepareMounts(container, paths, { volumes, driver, record, layersAt });
    },
    async release(id, mounts) {
      const driver = await deps.driver();
      await releaseMounts({ id, mounts }, containerPaths(folders, id), { volumes, driver, record });
    },
    anonymousVolumes: (id) =>
      volumes
        .uses(id)
        .filter(({ named }) => !named)
        .map(({ volume }) => volume),
    async removeVolumes(names) {
      for (const name of names) {
        try {
          await volumes.remove(name, { force: true });
        } catch (error) {
          // Another container has it too: then it goes with that one.
          if (!isLamellaError(error, 'conflict')) throw error;
        }
      }
    },
    collect: (isUsing) => volumes.collect(isUsing),
  };
}
