import { parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts';
import type { RepositoryClient } from '../../remote/client/repository.ts';
import type { Remote } from './remote.ts';

/** The repository of a name that people write, and what of it is meant. */
export interface NamedRepository {
  readonly repository: RepositoryClient;
  readonly reference: Reference;
  /** The digest where the name has one, else its tag, `latest` where it has neither. */
  readonly wanted: string;
}

/** @throws LamellaError invalid `reference-invalid` */
export function openNamed({ client }: Pick<Remote, 'client'>, name: string): NamedRepository {
  const reference = withDefaultTag(parseReference(name));
  const wanted = reference.digest ?? reference.tag ?? '';
  return { repository: client.repository(reference), reference, wanted };
}
