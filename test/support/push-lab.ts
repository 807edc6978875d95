import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openEngine, type Engine } from '../../src/engine/engine.ts';
import type { PushedTag } from '../../src/engine/ports/registry-engine.ts';
import { type MadeImage, type Members, oldDockerArchive, tarOf } from './archives.ts';
import { inChunks } from './tar-archive.ts';
import { temporaryFolder } from './tiny-image.ts';

type PushOptions = Parameters<Awaited<ReturnType<Engine['registry']>>['push']>[1];

export interface PushEvent {
  readonly id: string;
  readonly status: string;
  readonly current?: number;
  readonly total?: number;
}

/** A store, and what its pushes and pulls have told. */
export interface PushLab extends AsyncDisposable {
  readonly root: string;
  readonly engine: Engine;
  readonly events: PushEvent[];
  /** The statuses of the last call, each once and in order, without those that only count. */
  statuses(id?: string): string[];
  load(members: Members): Promise<void>;
  /** Brings images as a docker-archive does: their layers have never been compressed. */
  make(...images: readonly MadeImage[]): Promise<void>;
  pull(name: string): Promise<void>;
  push(name: string, options?: PushOptions): Promise<PushedTag[]>;
  pushOne(name: string, options?: PushOptions): Promise<PushedTag>;
  tag(from: string, to: string): Promise<void>;
}

export function openPushLab(t: TestContext, root: string = join(temporaryFolder(t), 'store')): PushLab {
  const engine = openEngine({ root });
  const events: PushEvent[] = [];
  const onProgress = (event: PushEvent): number => events.push(event);

  async function load(members: Members): Promise<void> {
    await Array.fromAsync((await engine.images()).load(inChunks(tarOf(members))));
  }
  async function push(name: string, options: PushOptions = {}): Promise<PushedTag[]> {
    events.length = 0;
    return await Array.fromAsync((await engine.registry()).push(name, { onProgress, ...options }));
  }
  return {
    root,
    engine,
    events,
    statuses: (id) => [
      ...new Set(events.filter((event) => id === undefined || event.id === id).map(({ status }) => status)),
    ],
    load,
    make: async (...images) => await load(oldDockerArchive(images)),
    async pull(name) {
      events.length = 0;
      await Array.fromAsync((await engine.registry()).pull(name, { onProgress }));
    },
    push,
    async pushOne(name, options) {
      const [pushed, ...more] = await push(name, options);
      assert.ok(pushed !== undefined && more.length === 0);
      return pushed;
    },
    tag: async (from, to) => await (await engine.images()).tag(from, to),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
