import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import { defaultHostConfig, type HostConfig } from './host-config.ts';
import type { CheckResult, HealthStatus } from './health/health-state.ts';
import { parseBind } from './mounts/parse-bind.ts';
import type { Container, ContainerSpec, ContainerState, ContainerStatus } from './types.ts';

/** The rows of `containers` and `container_layers`. */
export interface ContainerStore {
  /**
   * @param andThen in the same transaction
   * @throws LamellaError conflict `container-name-in-use`
   */
  insert(container: Container, diffIds: readonly Digest[], andThen?: () => void): void;
  get(id: string): Container | undefined;
  /**
   * By ID, name, or the beginning of an ID that only one container has.
   *
   * @throws LamellaError not-found `container-not-found`, invalid `container-ambiguous`
   */
  find(text: string): Container;
  /** Newest first. */
  list(): Container[];
  /** The layers, bottom first. */
  diffIds(id: string): Digest[];
  update(id: string, status: ContainerStatus, state: ContainerState): void;
  /**
   * Lets `action` say from the newest record what becomes of it, so that nothing that another process wrote is lost.
   * Undefined leaves it as it is.
   *
   * @returns the record as it then is; undefined where the container is gone
   */
  change(id: string, action: (current: Container) => ContainerChange | undefined): Container | undefined;
  changeHostConfig(id: string, hostConfig: HostConfig): void;
  rename(id: string, name: string): void;
  remove(id: string): void;
}

export type ContainerChange = Pick<Container, 'status' | 'state'>;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly image_id: string;
  readonly image_name: string;
  readonly created_at: number;
  readonly spec: string;
  readonly driver: string;
  readonly status: ContainerStatus;
  readonly state: string;
  readonly health: HealthStatus | null;
  readonly failing_streak: number;
  readonly health_log: string;
}

const select = `SELECT containers.*, container_health.status AS health, failing_streak, log AS health_log
  FROM containers LEFT JOIN container_health ON container_id = id`;

export function createContainerStore(db: Database): ContainerStore {
  const one = (condition: string, value: string): Container | undefined => {
    const row = db.get<Row>(`${select} WHERE ${condition}`, value);
    return row === undefined ? undefined : fromRow(row);
  };

  function refuseTakenName(name: string): void {
    const holder = one('name = ?', name);
    if (holder === undefined) return;
    throw new LamellaError(
      'conflict',
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". ` +
        'You have to remove (or rename) that container to be able to reuse that name.',
      { code: 'container-name-in-use' },
    );
  }

  return {
    insert(container, diffIds, andThen) {
      db.transaction(() => {
        refuseTakenName(container.name);
        db.run(
          `INSERT INTO containers (id, name, image_id, image_name, created_at, spec, driver, status, state)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          container.id,
          container.name,
          container.imageId,
          container.imageName,
          container.createdAt,
          JSON.stringify(container.spec),
          container.driver,
          container.status,
          JSON.stringify(container.state),
        );
        for (const [position, diffId] of diffIds.entries()) {
          db.run(
            'INSERT INTO container_layers (container_id, position, diff_id) VALUES (?, ?, ?)',
            container.id,
            position,
            diffId,
          );
        }
        andThen?.();
      });
    },
    get: (id) => one('id = ?', id),
    find(text) {
      const name = text.startsWith('/') ? text.slice(1) : text;
      const exact = one('id = ?', text) ?? one('name = ?', name);
      if (exact !== undefined) return exact;
      const matches = /^[0-9a-f]{1,64}$/.test(text)
        ? db.all<Row>(`${select} WHERE id >= ? AND id < ? LIMIT 2`, text, `${text}g`)
        : [];
      const [row] = matches;
      if (row === undefined) {
        throw new LamellaError('not-found', `No such container: ${text}`, { code: 'container-not-found' });
      }
      if (matches.length > 1) {
        throw new LamellaError('invalid', `multiple IDs found with provided prefix: ${text}`, {
          code: 'container-ambiguous',
        });
      }
      return fromRow(row);
    },
    list: () => db.all<Row>(`${select} ORDER BY created_at DESC, id`).map(fromRow),
    diffIds: (id) =>
      db
        .all<{
          diff_id: Digest;
        }>('SELECT diff_id FROM container_layers WHERE container_id = ? ORDER BY position', id)
        .map((row) => row.diff_id),
    update: (id, status, state) =>
      void db.run(
        'UPDATE containers SET status = ?, state = ? WHERE id = ?',
        status,
        JSON.stringify(state),
        id,
      ),
    change: (id, action) =>
      db.transaction(() => {
        const current = one('id = ?', id);
        const changed = current === undefined ? undefined : action(current);
        if (current === undefined || changed === undefined) return current;
        db.run(
          'UPDATE containers SET status = ?, state = ? WHERE id = ?',
          changed.status,
          JSON.stringify(changed.state),
          id,
        );
        return { ...current, ...changed };
      }),
    changeHostConfig(id, hostConfig) {
      db.transaction(() => {
        const current = one('id = ?', id);
        if (current === undefined) return;
        db.run(
          'UPDATE containers SET spec = ? WHERE id = ?',
          JSON.stringify({ ...current.spec, hostConfig }),
          id,
        );
      });
    },
    rename(id, name) {
      db.transaction(() => {
        refuseTakenName(name);
        db.run('UPDATE containers SET name = ? WHERE id = ?', name, id);
      });
    },
    remove: (id) => void db.run('DELETE FROM containers WHERE id = ?', id),
  };
}

function fromRow(row: Row): Container {
  return {
    id: row.id,
    name: row.name,
    imageId: row.image_id,
    imageName: row.image_name,
    createdAt: row.created_at,
    driver: row.driver,
    spec: readSpec(row.spec),
    status: row.status,
    state: JSON.parse(row.state) as ContainerState,
    ...(row.health === null
      ? {}
      : {
          health: {
            status: row.health,
            failingStreak: row.failing_streak,
            log: JSON.parse(row.health_log) as CheckResult[],
          },
        }),
  };
}

/** A spec that an older version wrote lacks what has come since. */
function readSpec(text: string): ContainerSpec {
  const spec = JSON.parse(text) as ContainerSpec;
  return {
    ...spec,
    config: { ...spec.config, Domainname: spec.config.Domainname ?? '' },
    hostConfig: { ...defaultHostConfig, ...spec.hostConfig },
    endpoints: spec.endpoints ?? {},
    mounts: spec.mounts ?? spec.hostConfig.Binds.map((bind) => parseBind(bind).mount),
  };
}
