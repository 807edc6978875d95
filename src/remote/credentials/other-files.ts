import { homedir } from 'node:os';
import { join } from 'node:path';
import { outerUserId } from '../../base/user.ts';

/** Files of the same form that are read and never written: Podman's, Skopeo's and Buildah's (containers-auth.json(5)). */
export function containersAuthPaths(env: NodeJS.ProcessEnv): string[] {
  const chosen = env['REGISTRY_AUTH_FILE'];
  if (chosen) return [chosen];
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/containers/${outerUserId(env) ?? 0}`;
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return [
    env['XDG_RUNTIME_DIR'] ? join(runtime, 'containers', 'auth.json') : join(runtime, 'auth.json'),
    join(config, 'containers', 'auth.json'),
  ];
}
