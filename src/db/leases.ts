import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import { currentOwner, isOwnerAlive } from './process-owner.ts';

/**
 * A promise to the collector: this process is about to name these layers and blobs, leave them alone. Who may only read
 * the store names nothing, and needs none.
 *
 *     using lease = createLease(db);
 *     lease.add(diffId);                    // before looking whether the store has it
 *     …stage, publish, add the image…       // now a row names it, and the lease may go
 *
 * It ends with `using`, or with the process.
 */
export interface Lease extends Disposable {
  /** @param subjects digests of layers (diffID) or blobs, there already or not yet */
  add(...subjects: readonly string[]): void;
  release(): void;
}

export function createLease(db: Database): Lease {
  const id = randomBytes(8).toString('hex');
  const owner = currentOwner();
  // A power cut ends the process, and the lease with it: no need to wait for the disk.
  const durable = false;

  function release(): void {
    if (db.isReadOnly) return;
    db.transaction(() => db.run('DELETE FROM leases WHERE id = ?', id), { durable });
  }

  return {
    add(...subjects) {
      if (db.isReadOnly) return;
      db.transaction(
        () => {
          for (const subject of subjects) {
            db.run('INSERT OR IGNORE INTO leases (id, owner, subject) VALUES (?, ?, ?)', id, owner, subject);
          }
        },
        { durable },
      );
    },
    release,
    [Symbol.dispose]: release,
  };
}

/** Ends the leases of dead processes; those that are left protect what they name. Called inside the collector's transaction. */
export function reapLeases(db: Database): void {
  for (const { owner } of db.all<{ owner: string }>('SELECT DISTINCT owner FROM leases')) {
    if (!isOwnerAlive(owner)) db.run('DELETE FROM leases WHERE owner = ?', owner);
  }
}

/** What living processes hold, after ending the leases of dead ones. */
export function livingLeaseSubjects(db: Database): Set<string> {
  const read = (): Set<string> => {
    reapLeases(db);
    return new Set(db.all<{ subject: string }>('SELECT subject FROM leases').map((row) => row.subject));
  };
  return db.transaction(read, { durable: false });
}
