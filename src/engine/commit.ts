import { applyChanges } from '../dockerfile/changes/apply-changes.ts';
import type { ContainerConfig } from '../oci/container-config.ts';
import { formatGoTime, goNow } from '../oci/go-time.ts';
import { formatImageConfig, type ImageConfig } from '../oci/image-config.ts';
import { parseDigest, type Digest } from '../oci/digest.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import type { StagedLayer } from '../layers/layer.ts';
import type { Container } from '../runtime/types.ts';
import type { Store } from './store.ts';

export interface CommitRequest {
  readonly reference?: string | undefined;
  readonly author?: string;
  readonly comment?: string;
  /** Dockerfile instructions. */
  readonly changes?: readonly string[];
}

/**
 * Makes an image of a container: its image's layers and one more, which holds what the container changed.
 *
 * @param stageChanges stages that layer; called once all that can be wrong with the request is known not to be
 */
export async function commitContainer(
  store: Store,
  container: Container,
  request: CommitRequest,
  stageChanges: () => Promise<StagedLayer>,
): Promise<Digest> {
  const reference =
    request.reference === undefined ? undefined : withDefaultTag(parseReference(request.reference));
  const imageId = parseDigest(container.imageId);
  const base = await store.images.config(imageId);
  const config = applyChanges(configOf(container), request.changes ?? []);

  using lease = store.createLease();
  await using staged = await stageChanges();
  lease.add(staged.diffId);
  (await store.layers()).publish(staged);
  const { id } = await store.images.add(
    {
      config: formatImageConfig(committedConfig(base, config, container, staged.diffId, request)),
      parentId: imageId,
      ...(reference !== undefined && { names: [reference] }),
    },
    'commit',
  );
  return id;
}

function committedConfig(
  base: ImageConfig,
  config: ContainerConfig,
  container: Container,
  diffId: Digest,
  { author = '', comment = '' }: CommitRequest,
): ImageConfig {
  const created = formatGoTime(goNow());
  const createdBy = (container.spec.config.Cmd ?? []).join(' ');
  const { comment: _, ...inherited } = base;
  return {
    ...inherited,
    created,
    ...(author !== '' && { author }),
    config,
    container: container.id,
    containerConfig: configOf(container),
    diffIds: [...base.diffIds, diffId],
    history: [
      ...(base.history ?? []),
      { created, createdBy, ...(author !== '' && { author }), ...(comment !== '' && { comment }) },
    ],
  };
}

/** How the container was configured, without what belongs to that one container: its host name and who was attached. */
function configOf({ spec: { config } }: Container): ContainerConfig {
  return {
    User: config.User,
    Env: config.Env ?? [],
    ...(config.ExposedPorts !== undefined && { ExposedPorts: config.ExposedPorts }),
    ...(config.Cmd !== null && { Cmd: config.Cmd }),
    ...(config.Entrypoint !== null && { Entrypoint: config.Entrypoint }),
    ...(config.Volumes !== null && { Volumes: config.Volumes }),
    ...(config.Healthcheck !== undefined && { Healthcheck: config.Healthcheck }),
    Image: config.Image,
    WorkingDir: config.WorkingDir,
    Labels: config.Labels,
    ...(config.StopSignal !== undefined && { StopSignal: config.StopSignal }),
    ...(config.StopTimeout !== undefined && { StopTimeout: config.StopTimeout }),
  };
}
