import { createHash } from 'node:crypto';

/** Tells the devices and rules of one store from those of another. @param root the store's folder */
export function storeKey(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 12);
}

/** Name of a store's table of rules, in the family `inet`. */
export function tableName(key: string): string {
  return `lamella-${key}`;
}

/** What a bridge carries as its alias, of 255 bytes at most: whose it is. */
export function bridgeAlias(root: string, networkId: string): string {
  const path = Buffer.byteLength(root) <= 160 ? root : storeKey(root);
  return `lamella ${networkId} ${path}`;
}

/** Undefined for a device that is not ours; the root is no path where that is too long for a device. */
export function readBridgeAlias(alias: string): { id: string; root: string } | undefined {
  const [, id, root] = /^lamella ([0-9a-f]{64}) (.+)$/s.exec(alias) ?? [];
  return id === undefined || root === undefined ? undefined : { id, root };
}
