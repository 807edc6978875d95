import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { createEventRecorder } from '../../src/events/event-log.ts';
import { createVolumeService, type VolumeService } from '../../src/volumes/volume-service.ts';
import { openLab, type ContainerLab } from './containers.ts';

/** Containers on a plain directory as their image, and the volumes that they have. */
export interface VolumeLab extends ContainerLab {
  readonly volumes: VolumeService;
  /** Makes an empty volume with a name. @returns its directory */
  readonly create: (name: string, options?: Record<string, string>) => string;
}

/** A test in a lab of its own; skipped where containers cannot run. */
export function volumeLab(name: string, action: (lab: VolumeLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const lab = await openLab(t);
    if (lab === undefined) return;
    await using _ = lab;
    using db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
    const folders = { root: lab.folder, run: join(lab.folder, 'run') };
    const volumes = createVolumeService({ db, folders, record: createEventRecorder(db) });
    const create = (volume: string, options: Record<string, string> = {}): string => {
      volumes.create({ name: volume, driver: 'local', labels: {}, options });
      return volumes.dataFolder(volume);
    };
    await action({ ...lab, volumes, create }, t);
  });
}
