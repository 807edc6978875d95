import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeSpec } from '../spec/oci-spec.ts';

/**
 * Where a container's control groups are, below the root of each hierarchy: what its bundle says, since that also holds
 * for one that is not in the database. Undefined where it has none of its own.
 */
export function containerCgroups(bundle: string, id: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(bundle, 'config.json'), 'utf8');
  } catch {
    return `/lamella/${id}`;
  }
  return (JSON.parse(text) as RuntimeSpec).linux.cgroupsPath;
}
