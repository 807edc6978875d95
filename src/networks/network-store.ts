import { createHash } from 'node:crypto';
import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { predefinedNames, type Network, type NetworkDriver, type NetworkSpec } from './network.ts';

/** The rows of `networks`. */
export interface NetworkStore {
  /** @throws LamellaError conflict `network-name-in-use` */
  insert(network: Network): void;
  get(id: string): Network | undefined;
  byName(name: string): Network | undefined;
  /**
   * By ID, name, or the beginning of an ID that only one network has.
   *
   * @throws LamellaError not-found `network-not-found`, invalid `network-ambiguous`
   */
  find(text: string): Network;
  /** Oldest first. */
  list(): Network[];
  update(id: string, spec: NetworkSpec): void;
  remove(id: string): void;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly spec: string;
}

const drivers: Readonly<Record<string, NetworkDriver>> = { bridge: 'bridge', host: 'host', none: 'null' };

/** @param store names the store for ever: the networks that every store has get their IDs from it */
export function createNetworkStore(db: Database, store: string): NetworkStore {
  const rows = (rest: string, ...values: string[]): Network[] =>
    db.all<Row>(`SELECT * FROM networks ${rest}`, ...values).map(fromRow);

  /** Those that every store has are written down when one of them is needed for the first time. */
  function predefined(name: string): Network | undefined {
    const driver = drivers[name];
    if (driver === undefined) return undefined;
    const network: Network = {
      id: createHash('sha256').update(`network ${name} of ${store}`).digest('hex'),
      name,
      createdAt: Date.now(),
      spec: {
        driver,
        ipv6: false,
        internal: false,
        attachable: false,
        subnets: [],
        hasOwnSubnet: false,
        options: {},
        labels: {},
      },
    };
    if (db.isReadOnly) return network;
    return db.transaction(
      () => {
        const [known] = rows('WHERE name = ?', name);
        if (known === undefined) write(network);
        return known ?? network;
      },
      { durable: false },
    );
  }

  function write({ id, name, createdAt, spec }: Network): void {
    db.run(
      'INSERT INTO networks (id, name, created_at, spec) VALUES (?, ?, ?, ?)',
      id,
      name,
      createdAt,
      JSON.stringify(spec),
    );
  }

  const byName = (name: string): Network | undefined => rows('WHERE name = ?', name)[0] ?? predefined(name);

  return {
    insert(network) {
      db.transaction(() => {
        if (byName(network.name) !== undefined) {
          throw new LamellaError('conflict', `network with name ${network.name} already exists`, {
            code: 'network-name-in-use',
          });
        }
        write(network);
      });
    },
    get: (id) => rows('WHERE id = ?', id)[0],
    byName,
    find(text) {
      const exact = rows('WHERE id = ?', text)[0] ?? byName(text);
      if (exact !== undefined) return exact;
      for (const name of predefinedNames) predefined(name);
      const matches = /^[0-9a-f]{1,64}$/.test(text)
        ? rows('WHERE id >= ? AND id < ? LIMIT 2', text, `${text}g`)
        : [];
      const [network] = matches;
      if (network === undefined) {
        throw new LamellaError('not-found', `network ${text} not found`, { code: 'network-not-found' });
      }
      if (matches.length > 1) {
        throw new LamellaError(
          'invalid',
          `network ${text} is ambiguous (${matches.length} matches found on ID prefix)`,
          {
            code: 'network-ambiguous',
          },
        );
      }
      return network;
    },
    list() {
      const missing = predefinedNames.filter((name) => rows('WHERE name = ?', name)[0] === undefined);
      const made = missing.map(predefined).filter((network) => network !== undefined);
      const known = rows('ORDER BY created_at, id');
      return db.isReadOnly ? [...known, ...made] : known;
    },
    update: (id, spec) => void db.run('UPDATE networks SET spec = ? WHERE id = ?', JSON.stringify(spec), id),
    remove: (id) => void db.run('DELETE FROM networks WHERE id = ?', id),
  };
}

function fromRow({ id, name, created_at: createdAt, spec }: Row): Network {
  return { id, name, createdAt, spec: JSON.parse(spec) as NetworkSpec };
}
