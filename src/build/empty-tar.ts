import type { StagedLayer } from '../layers/layer.ts';

/** Whether a layer holds nothing: its tar is the end of an archive and nothing else. */
export function isEmptyTar({ tarSize }: Pick<StagedLayer, 'tarSize'>): boolean {
  return tarSize <= 1024;
}
