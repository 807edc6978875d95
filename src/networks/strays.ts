import { existsSync } from 'node:fs';
import { openNetworkDevices } from '../linux/network-devices.ts';
import { hasTable } from '../linux/nftables.ts';
import { removeForwarding } from './forwarding.ts';
import { runProgram } from './run-program.ts';
import { readBridgeAlias, storeKey, tableName } from './store-key.ts';

/** Takes away bridges and rules of stores that have been deleted. */
export async function removeStrays(): Promise<void> {
  using devices = openNetworkDevices();
  for (const { name, alias } of devices.list()) {
    const root = readBridgeAlias(alias)?.root;
    if (root === undefined || !root.startsWith('/') || existsSync(root)) continue;
    const key = storeKey(root);
    const table = tableName(key);
    await removeForwarding(name, key);
    // Another process may be quicker.
    if (hasTable(table))
      await runProgram('nft', ['-f', '-'], `table inet ${table}\ndelete table inet ${table}\n`);
    devices.remove(name);
  }
}
