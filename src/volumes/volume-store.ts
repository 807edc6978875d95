import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import type { Volume } from './volume.ts';

/** A volume at a path of a container: the `container_volumes` row. */
export interface VolumeUse {
  readonly volume: string;
  /** Path in the container. */
  readonly target: string;
  /** Whether somebody asked for it by its name: then it stays when the container goes. */
  readonly named: boolean;
  /** Whether it takes what the image has there, if it is empty when first used. */
  readonly fill: boolean;
}

/** The rows of `volumes` and `container_volumes`. */
export interface VolumeStore {
  get(name: string): Volume | undefined;
  /** @throws LamellaError not-found `volume-not-found` */
  demand(name: string): Volume;
  /** Sorted by name. */
  list(): Volume[];
  insert(volume: Volume): void;
  delete(name: string): void;
  /** IDs of the containers that have it, whether they run or not, sorted. */
  containersOf(name: string): string[];
  /** How many containers have each volume. */
  links(): ReadonlyMap<string, number>;
  uses(containerId: string): VolumeUse[];
  addUse(containerId: string, use: VolumeUse): void;
  /** It was filled, or need not be: from now on what it holds is the containers' own. */
  setFilled(containerId: string, target: string): void;
}

interface Row {
  readonly name: string;
  readonly created_at: number;
  readonly driver: string;
  readonly labels: string;
  readonly options: string;
}

interface UseRow {
  readonly target: string;
  readonly volume: string;
  readonly named: number;
  readonly fill: number;
}

export function createVolumeStore(db: Database): VolumeStore {
  function get(name: string): Volume | undefined {
    const row = db.get<Row>('SELECT * FROM volumes WHERE name = ?', name);
    return row === undefined ? undefined : fromRow(row);
  }

  return {
    get,
    demand(name) {
      const volume = get(name);
      if (volume !== undefined) return volume;
      throw new LamellaError('not-found', `get ${name}: no such volume`, { code: 'volume-not-found' });
    },
    list: () => db.all<Row>('SELECT * FROM volumes ORDER BY name').map(fromRow),
    insert: ({ name, createdAt, driver, labels, options }) =>
      void db.run(
        'INSERT INTO volumes (name, created_at, driver, labels, options) VALUES (?, ?, ?, ?, ?)',
        name,
        createdAt,
        driver,
        JSON.stringify(labels),
        JSON.stringify(options),
      ),
    delete: (name) => void db.run('DELETE FROM volumes WHERE name = ?', name),
    containersOf: (name) =>
      db
        .all<{
          id: string;
        }>('SELECT DISTINCT container_id AS id FROM container_volumes WHERE volume = ? ORDER BY id', name)
        .map(({ id }) => id),
    links() {
      const rows = db.all<{ volume: string; count: number }>(
        'SELECT volume, count(DISTINCT container_id) AS count FROM container_volumes GROUP BY volume',
      );
      return new Map(rows.map(({ volume, count }) => [volume, count]));
    },
    uses: (containerId) =>
      db
        .all<UseRow>(
          'SELECT target, volume, named, fill FROM container_volumes WHERE container_id = ? ORDER BY target',
          containerId,
        )
        .map(({ target, volume, named, fill }) => ({ target, volume, named: named === 1, fill: fill === 1 })),
    addUse: (containerId, { target, volume, named, fill }) =>
      void db.run(
        'INSERT INTO container_volumes (container_id, target, volume, named, fill) VALUES (?, ?, ?, ?, ?)',
        containerId,
        target,
        volume,
        Number(named),
        Number(fill),
      ),
    setFilled: (containerId, target) =>
      void db.run(
        'UPDATE container_volumes SET fill = 0 WHERE container_id = ? AND target = ?',
        containerId,
        target,
      ),
  };
}

function fromRow(row: Row): Volume {
  return {
    name: row.name,
    createdAt: row.created_at,
    driver: row.driver,
    labels: JSON.parse(row.labels) as Volume['labels'],
    options: JSON.parse(row.options) as Volume['options'],
  };
}
