import { lifeOptions, type LifeOptions } from './creation/life-options.ts';
import { limitOptions, type LimitOptions } from './creation/limit-options.ts';
import { networkOptions, type NetworkOptions } from './creation/network-options.ts';
import { processOptions, type ProcessOptions } from './creation/process-options.ts';
import { securityOptions, type SecurityOptions } from './creation/security-options.ts';
import { storageOptions, type StorageOptions } from './creation/storage-options.ts';

/** Options that `run` and `create` share: by topic in `creation/`, each file with what becomes of them. */
export interface CreateOptions
  extends ProcessOptions, LifeOptions, NetworkOptions, StorageOptions, SecurityOptions, LimitOptions {}

export const createOptions: CreateOptions = {
  ...processOptions,
  ...lifeOptions,
  ...networkOptions,
  ...storageOptions,
  ...securityOptions,
  ...limitOptions,
};
