import type { OperationOptions } from '../ports/common.ts';
import type { MirrorSetting, MirrorTest } from '../ports/registry-engine.ts';
import { probeMirror, type ProbeRemote } from './probe-mirror.ts';
import type { Remote } from './remote.ts';

export async function listMirrors({ registries }: Pick<Remote, 'registries'>): Promise<MirrorSetting[]> {
  return await registries.mirrors();
}

/** No mirrors remove the setting. */
export async function setMirrors(
  { registries }: Pick<Remote, 'registries'>,
  registry: string,
  mirrors: readonly string[],
): Promise<MirrorSetting> {
  return await registries.setMirrors(registry, mirrors);
}

export async function testMirror(
  remote: ProbeRemote,
  url: string,
  options: OperationOptions & { registry?: string | undefined; image?: string | undefined } = {},
): Promise<MirrorTest> {
  return await probeMirror(remote, url, options);
}
