import type { ProgressEvent } from '../../engine/ports/common.ts';

/** How much of what was announced has come or gone over the network, whatever the parts do besides. */
export interface TransferCount {
  /** Undefined until something travels, or it is known how much will. */
  readonly whole: { readonly done: number; readonly total: number | undefined } | undefined;
  /** Bytes in all. Several images add up. */
  expect(bytes: number): void;
  see(event: ProgressEvent): void;
}

const travelling: ReadonlySet<string> = new Set(['Downloading', 'Pushing', 'Copying']);

export function createTransferCount(): TransferCount {
  const parts = new Map<string, { first: number; now: number; total: number }>();
  let total: number | undefined;
  return {
    get whole() {
      if (total === undefined && parts.size === 0) return undefined;
      let done = 0;
      for (const { first, now } of parts.values()) done += now - first;
      return { done: total === undefined ? done : Math.min(done, total), total };
    },
    expect(bytes) {
      total = (total ?? 0) + bytes;
    },
    see({ id, status, current, total }) {
      const part = parts.get(id);
      if (travelling.has(status) && current !== undefined) {
        // What an earlier run had brought is not counted again.
        parts.set(id, {
          first: Math.min(part?.first ?? current, current),
          now: current,
          total: total ?? current,
        });
      } else if (part !== undefined) part.now = part.total;
    },
  };
}
