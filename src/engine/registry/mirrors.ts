import type { OperationOptions } from '../ports/common.ts';
import type { MirrorSetting, MirrorTest } from '../ports/registry-engine.ts';
import type { Remote } from './remote.ts';

export async function listMirrors({ registries }: Remote): Promise<MirrorSetting[]> {
  return await registries.mirrors();
}

/** No mirrors remove the setting. */
export async function setMirrors(
  { registries }: Remote,
  registry: string,
  mirrors: readonly string[],
): Promise<MirrorSetting> {
  return await registries.setMirrors(registry, mirrors);
}

export async function testMirror(
  { registries }: Remote,
  url: string,
  options: OperationOptions & { registry?: string },
): Promise<MirrorTest> {
  void options;
  const endpoint = await registries.mirrorEndpoint(url);
  return { url: endpoint.url, works: false };
}
