import { isLamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { findImage } from '../images/find-image.ts';

/** Gives the IDs of an image and of all that were made from it here; of none where there is no such image. */
export function descendantsIn(db: Database): (image: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (image) => {
    const ids = known.get(image) ?? lookUp(db, image);
    known.set(image, ids);
    return ids;
  };
}

function lookUp(db: Database, image: string): ReadonlySet<string> {
  try {
    const rows = db.all<{ id: string }>(
      `WITH RECURSIVE descendants (id) AS (
         SELECT ? UNION SELECT images.id FROM images JOIN descendants ON images.parent_id = descendants.id
       ) SELECT id FROM descendants`,
      findImage(db, image).id,
    );
    return new Set(rows.map(({ id }) => id));
  } catch (error) {
    if (isLamellaError(error)) return new Set();
    throw error;
  }
}
