import { isLamellaError } from '../../../base/errors.ts';
import type { ContainerEngine, ContainerRequest } from '../../../engine/ports/container-engine.ts';
import { familiarReference, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import type { CommandContext } from '../../output/context.ts';

/** Makes the container and prints what the engine warns of; an image that is not here is told as Docker tells it. */
export async function createContainer(
  context: CommandContext,
  engine: ContainerEngine,
  request: ContainerRequest,
): Promise<string> {
  try {
    const { id, warnings } = await engine.create(request);
    for (const warning of warnings) await context.warn(`WARNING: ${warning}`);
    return id;
  } catch (error) {
    if (isLamellaError(error, 'not-found') && error.code === 'image-not-found') {
      await context.warn(`Unable to find image '${completeName(request.config.Image)}' locally`);
    }
    throw error;
  }
}

function completeName(name: string): string {
  try {
    return familiarReference(withDefaultTag(parseReference(name)));
  } catch {
    return name;
  }
}
