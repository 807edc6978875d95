import { familiarName, parseReference } from '../oci/reference.ts';
import { createImageEvents } from './image-events.ts';
import type { RegistryEngine } from './ports/registry-engine.ts';
import { openRemote, type Remote } from './registry/remote.ts';
import type { Store } from './store.ts';

/** Registries, as commands and the API see them. The client, and each part over it, is loaded when it is first used. */
export function createRegistryEngine(store: Store): RegistryEngine & AsyncDisposable {
  let opened: Remote | undefined;
  const remote = (): Remote => (opened ??= openRemote(store.settings));

  return {
    async *pull(name, options = {}) {
      const { pullInto } = await import('./registry/pull.ts');
      for await (const image of pullInto(store, remote(), name, options)) {
        createImageEvents(store).transfer('pull', image.name, image.id);
        yield image;
      }
    },
    async *push(name, options = {}) {
      const { pushFrom } = await import('./registry/push.ts');
      const repository = familiarName(parseReference(name));
      for await (const pushed of pushFrom(store, remote(), name, options)) {
        createImageEvents(store).transfer('push', `${repository}:${pushed.tag}`, undefined);
        yield pushed;
      }
    },
    async search(term, options = {}) {
      const { searchRegistry } = await import('./registry/search.ts');
      return await searchRegistry(remote(), term, options);
    },
    async *tags(name, options = {}) {
      const { tagsOf } = await import('./registry/tags.ts');
      yield* tagsOf(remote(), name, options);
    },
    async manifest(name, options = {}) {
      const { remoteManifest } = await import('./registry/manifest.ts');
      return await remoteManifest(remote(), name, options);
    },
    async inspect(name, options = {}) {
      const { inspectRemote } = await import('./registry/inspect.ts');
      return await inspectRemote(remote(), name, options);
    },
    async copy(source, target, options = {}) {
      const { copyImage } = await import('./registry/copy.ts');
      return await copyImage(remote(), source, target, options);
    },
    async login(registry, credential, options = {}) {
      const { login } = await import('./registry/login.ts');
      return await login(remote(), registry, credential, options);
    },
    async knownUser(registry) {
      const { knownUser } = await import('./registry/login.ts');
      return await knownUser(remote(), registry);
    },
    async logout(registry) {
      const { logout } = await import('./registry/login.ts');
      return await logout(remote(), registry);
    },
    async mirrors() {
      const { listMirrors } = await import('./registry/mirrors.ts');
      return await listMirrors(remote());
    },
    async setMirrors(registry, mirrors) {
      const { setMirrors } = await import('./registry/mirrors.ts');
      return await setMirrors(remote(), registry, mirrors);
    },
    async testMirror(url, options = {}) {
      const { testMirror } = await import('./registry/mirrors.ts');
      return await testMirror(remote(), url, options);
    },
    async [Symbol.asyncDispose]() {
      await opened?.[Symbol.asyncDispose]();
    },
  };
}
