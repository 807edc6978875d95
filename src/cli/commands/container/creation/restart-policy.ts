import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { CliError } from '../../../errors/cli-error.ts';

/**
 * `no`, `always`, `unless-stopped`, `on-failure[:N]`; other names are the engine's to refuse (docker/cli
 * opts.ParseRestartPolicy).
 *
 * @throws CliError for what has another form, and where the container is also to be removed at its end
 */
export function parseRestartPolicy(text: string, { rm }: { rm: boolean }): HostConfig['RestartPolicy'] {
  const [, name = '', colon, count = ''] = /^([^:]*)(:?)(.*)$/s.exec(text) ?? [];
  if (colon === ':' && name === '') {
    throw refusal('invalid restart policy format: no policy provided before colon');
  }
  if (!/^(?:[+-]?\d+)?$/.test(count)) {
    throw refusal('invalid restart policy format: maximum retry count must be an integer');
  }
  if (rm && name !== '' && name !== 'no') {
    throw refusal('conflicting options: cannot specify both --restart and --rm');
  }
  return { Name: name as HostConfig['RestartPolicy']['Name'], MaximumRetryCount: Number(count) };
}

function refusal(message: string): CliError {
  return new CliError(message, { exitCode: 125, isIntroduced: true });
}
