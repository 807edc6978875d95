import { findProgram } from '../../base/find-program.ts';
import type { ConnectOptions } from './connect-options.ts';
import { connectPasta } from './pasta.ts';
import { connectSlirp } from './slirp4netns.ts';

/** A program that moves packets between a network namespace and the machine's sockets: it needs no rights at all. */
export interface Connector {
  readonly name: 'pasta' | 'slirp4netns';
  readonly program: string;
  /** Starts it; it goes on without this process. @returns its pid, once packets get through */
  connect(options: ConnectOptions): Promise<number>;
}

/** pasta where it is installed, since it is faster; undefined where there is neither. */
export function findConnector(env: NodeJS.ProcessEnv = process.env): Connector | undefined {
  const of = (name: Connector['name'], connect: Connector['connect']): Connector | undefined => {
    const program = findProgram([name], { env });
    return program === undefined ? undefined : { name, program, connect };
  };
  return of('pasta', connectPasta) ?? of('slirp4netns', connectSlirp);
}
