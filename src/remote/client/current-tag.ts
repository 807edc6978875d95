import { LamellaError } from '../../base/errors.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import type { RepositoryContext } from './context.ts';

/** Milliseconds that the registry itself has to say what a tag names, counted from when its mirror is asked. */
const patience = 1500;

/** Holds what mirrors say of a tag against the registry, which is asked at the same time. */
export interface TagCheck {
  /** Lets the registry be asked, where this is a mirror. */
  begin(endpoint: Endpoint): void;
  /** @throws LamellaError not-found `manifest-unknown` where a mirror gives another manifest than the registry would */
  confirm(endpoint: Endpoint, digest: Digest): Promise<void>;
}

/**
 * A digest says what must come, a tag does not: a mirror that is behind gives an older image. So the registry is asked for
 * the tag's digest meanwhile, by HEAD, which it does not count. Where it does not answer in time the mirror is believed,
 * and a registry that has failed lately is not waited for at all.
 */
export function createTagCheck(
  context: RepositoryContext,
  reference: string,
  ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<Digest | undefined>,
  signal: AbortSignal | undefined,
): TagCheck {
  let current: Promise<Digest | undefined> | undefined;
  const askRegistry = async (): Promise<Digest | undefined> => {
    const servers = await context.registries.endpoints(context.domain, 'pull');
    const limit = AbortSignal.timeout(patience);
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const own = context.memory.order(servers.filter(({ isMirror }) => !isMirror));
    for (const endpoint of own.filter(({ isPaused }) => isPaused !== true)) {
      try {
        return await ask(endpoint, both);
      } catch {
        if (signal?.aborted === true) return undefined;
        const reason = limit.aborted ? `no answer within ${patience} ms` : 'no answer';
        context.registries.report(endpoint, { kind: 'failed', reason });
        if (limit.aborted) return undefined;
      }
    }
    return undefined;
  };
  return {
    begin({ isMirror }) {
      if (isMirror && !isDigest(reference)) current ??= askRegistry().catch(() => undefined);
    },
    async confirm({ isMirror, url }, digest) {
      const right = isMirror ? await current : undefined;
      if (right === undefined || right === digest) return;
      throw new LamellaError(
        'not-found',
        `${url} is behind: its ${context.path}:${reference} is ${digest}, but ${context.domain} has ${right}`,
        { code: 'manifest-unknown' },
      );
    },
  };
}
