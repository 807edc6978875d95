import type { RemoteDeps } from '../ports.ts';
import { type FormChoice, knownForms, type PushedLayer, type PushLayerDeps } from './push-layer.ts';

/** Knows how many bytes a push sends in all. */
export interface PushPlan {
  /** Passes on what is told of a layer, and learns from it. */
  watch(key: string, tell: PushLayerDeps['onProgress']): PushLayerDeps['onProgress'];
}

/** How much smaller a layer gets when it is compressed, as a rule. */
const usualShrinking = 3;

/**
 * Begins with what is known of each layer: its compressed form, or the size of its tar; whether it has to be sent at all
 * shows when the registry was asked.
 *
 * @param onPlan told the sum whenever it changes
 */
export function createPushPlan(
  deps: FormChoice & Pick<RemoteDeps, 'layers'>,
  distinct: ReadonlyMap<string, PushedLayer>,
  onPlan: ((plan: { readonly send: number }) => void) | undefined,
): PushPlan {
  const sizes = new Map<string, number>();
  const set = (key: string, size: number): void => {
    if (sizes.get(key) === size) return;
    sizes.set(key, size);
    if (sizes.size === distinct.size)
      onPlan?.({ send: [...sizes.values()].reduce((sum, each) => sum + each, 0) });
  };
  for (const [key, { diffId, kept }] of distinct) {
    const form = kept ?? knownForms(deps, diffId)[0];
    set(key, form?.size ?? Math.ceil((deps.layers.get(diffId)?.tarSize ?? 0) / usualShrinking));
  }
  return {
    watch: (key, tell) => (status, current, total) => {
      if (status === 'Pushing' && total !== undefined) set(key, total);
      else if (!sent.has(status)) set(key, 0);
      tell(status, current, total);
    },
  };
}

/** What is told of a layer that is sent, or may be yet. */
const sent: ReadonlySet<string> = new Set(['Preparing', 'Waiting', 'Pushing', 'Pushed']);
