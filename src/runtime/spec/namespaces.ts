import type { HostConfig } from '../host-config.ts';

/** Other containers' namespaces that this one is to be in, as files. */
export interface SharedNamespaces {
  readonly ipc?: string;
  readonly pid?: string;
  readonly network?: string;
}

export interface RuntimeNamespace {
  readonly type: string;
  readonly path?: string;
}

/** The namespaces that the OCI runtime makes or enters; the machine's own where one is not in the list. */
export function containerNamespaces(hostConfig: HostConfig, shared: SharedNamespaces): RuntimeNamespace[] {
  const { NetworkMode, UTSMode, PidMode, IpcMode, CgroupnsMode } = hostConfig;
  const unlessHost = (mode: string, type: keyof SharedNamespaces): RuntimeNamespace[] => {
    if (mode === 'host') return [];
    const path = shared[type];
    return [path === undefined ? { type } : { type, path }];
  };
  return [
    { type: 'mount' },
    ...unlessHost(NetworkMode, 'network'),
    ...(UTSMode === 'host' ? [] : [{ type: 'uts' }]),
    ...unlessHost(PidMode, 'pid'),
    ...unlessHost(IpcMode, 'ipc'),
    ...(CgroupnsMode === 'private' ? [{ type: 'cgroup' }] : []),
  ];
}

/** The container that a mode such as `container:web` names. */
export function sharedContainer(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}
