import { isLamellaError } from '../../../base/errors.ts';
import type { ContainerEngine, NewContainer } from '../../../engine/ports/container-engine.ts';
import { familiarReference, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import { checkReference } from '../client-reference.ts';
import { makeIdFile } from './id-file.ts';

/** When an image is pulled before a container is made of it. */
export type PullPolicy = 'always' | 'missing' | 'never';

/** @throws CliError for any other word, as Docker does */
export function parsePullPolicy(text: string | undefined): PullPolicy {
  if (text === undefined || text === '') return 'missing';
  if (text === 'always' || text === 'missing' || text === 'never') return text;
  throw new CliError(`invalid pull option: '${text}': must be one of "always", "missing" or "never"`, {
    exitCode: 125,
    isIntroduced: true,
  });
}

/** Docker's client refuses what is no image name before it asks anybody; an ID, or a place in a tag's history, is one here. */
export function checkImageName(name: string, exitCode: number): void {
  if (!/^[0-9a-f]{64}$/.test(name)) checkReference(name.replace(/@\{\d+\}$/, ''), '', exitCode);
}

/** Makes the container and prints what the engine warns of; an image that is not here is fetched first, as Docker does. */
export async function createContainer(
  context: CommandContext,
  engine: ContainerEngine,
  request: NewContainer,
  {
    policy,
    platform,
    quiet,
    forRun = false,
  }: { policy: PullPolicy; platform?: string | undefined; quiet?: boolean; forRun?: boolean },
): Promise<string> {
  const { Image: name } = request.config;
  const idPath = request.hostConfig?.ContainerIDFile ?? '';
  await using idFile = idPath === '' ? undefined : await makeIdFile(idPath, { forRun });
  const fetch = async (): Promise<void> => {
    const { pull } = await import('../pull.ts');
    await pull(context, completeName(name), { platform, quiet: quiet ?? false, forContainer: true });
  };
  const create = async (): Promise<string> => {
    const { id, warnings } = await engine.create(request);
    await idFile?.write(id);
    for (const warning of warnings) await context.warn(`WARNING: ${warning}`);
    return id;
  };
  if (policy === 'always') await fetch();
  try {
    return await create();
  } catch (error) {
    const isMissing = isLamellaError(error, 'not-found') && error.code === 'image-not-found';
    if (!isMissing || policy !== 'missing' || isLocalOnly(name)) throw error;
    if (quiet !== true) await context.warn(`Unable to find image '${completeName(name)}' locally`);
    await fetch();
    return await create();
  }
}

/** An ID, or a place in a tag's history: no registry knows it. */
function isLocalOnly(name: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{64}$/.test(name) || /@\{\d+\}$/.test(name);
}

function completeName(name: string): string {
  try {
    return familiarReference(withDefaultTag(parseReference(name)));
  } catch {
    return name;
  }
}
