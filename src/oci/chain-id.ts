import { type Digest, digestOf } from './digest.ts';

/**
 * The chain ID of each layer, bottom first: it stands for a layer together with all below it (OCI Image Specification,
 * config.md, "Layer ChainID").
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
