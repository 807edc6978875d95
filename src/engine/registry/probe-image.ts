import { LamellaError } from '../../base/errors.ts';
import { parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { dockerHub, parseRegistryName } from '../../remote/registries/registry-name.ts';

/** Small images that everybody may pull, by registry: a mirror that works has or fetches one of them. */
const known: Readonly<Record<string, readonly string[]>> = {
  [dockerHub]: ['busybox', 'hello-world', 'alpine'],
  'quay.io': ['quay.io/quay/busybox'],
  'gcr.io': ['gcr.io/distroless/static'],
  'registry.k8s.io': ['registry.k8s.io/pause:3.9'],
  'mcr.microsoft.com': ['mcr.microsoft.com/hello-world'],
  'public.ecr.aws': ['public.ecr.aws/docker/library/busybox'],
};

/**
 * The images to ask a mirror for, the first that it has.
 *
 * @throws LamellaError invalid `mirror-image-needed`, `reference-invalid`, `registry-name-invalid`
 */
export function probeImages({
  registry,
  image,
}: {
  readonly registry?: string | undefined;
  readonly image?: string | undefined;
}): { readonly registry: string; readonly images: readonly Reference[] } {
  const domain = registry === undefined ? undefined : parseRegistryName(registry);
  if (image !== undefined) {
    const reference = withDefaultTag(parseReference(image));
    if (domain === undefined || domain === reference.domain) {
      return { registry: reference.domain, images: [reference] };
    }
    throw needed(`${image} is an image of ${reference.domain}, not of ${domain}`, domain);
  }
  const names = known[domain ?? dockerHub];
  if (names === undefined) throw needed(`no image of ${domain} is known to ask a mirror for`, domain ?? '');
  return {
    registry: domain ?? dockerHub,
    images: names.map((name) => withDefaultTag(parseReference(name))),
  };
}

function needed(message: string, registry: string): LamellaError {
  return new LamellaError('invalid', message, {
    code: 'mirror-image-needed',
    hint: `Name one that ${registry} has: --image ${registry}/NAME:TAG`,
  });
}
