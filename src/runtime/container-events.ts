import { isLamellaError } from '../base/errors.ts';
import type { RecordEvent } from '../events/event-log.ts';
import { isOfBuild } from './build-container.ts';
import type { Container } from './types.ts';

/** Writes down what happened to a container, with its labels, its image and its name, as Docker does. */
export type RecordContainerEvent = (
  container: Pick<Container, 'id' | 'name' | 'spec'>,
  action: string,
  attributes?: Readonly<Record<string, string>>,
) => void;

/** A build's containers are told of by nobody. What happened has happened, whether it could be written down or not: a full disk fails no stop. */
export function createContainerEvents(record: RecordEvent): RecordContainerEvent {
  return ({ id, name, spec }, action, attributes = {}) => {
    if (isOfBuild({ spec })) return;
    const { Image, Labels } = spec.config;
    const image = Image === '' ? {} : { image: Image };
    try {
      record({
        type: 'container',
        action,
        actor: { id, attributes: { ...attributes, ...Labels, ...image, name } },
      });
    } catch (error) {
      if (!isLamellaError(error)) throw error;
    }
  };
}
