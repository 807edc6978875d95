import type { RuntimeDevice, RuntimeResources } from './oci-spec.ts';

type DeviceRule = RuntimeResources['devices'][number];

const character = (major: number, minor: number): DeviceRule => ({
  allow: true,
  type: 'c',
  major,
  minor,
  access: 'rwm',
});

/** Which devices a container may open; a privileged one may open every. Those that the runtime makes, it allows itself. */
export function deviceRules({ privileged }: { privileged: boolean }): DeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    character(1, 3), // null
    character(1, 5), // zero
    character(1, 8), // random
    character(1, 9), // urandom
    character(5, 0), // tty
    character(5, 1), // console
  ];
}

export type HostDevice = RuntimeDevice;

/** The machine's devices as a privileged container gets them: without those that the runtime makes by itself. */
export function privilegedDevices(devices: readonly HostDevice[]): RuntimeDevice[] {
  const own = /^\/dev\/(null|zero|full|random|urandom|tty|console|ptmx|pts\/.*|shm\/.*|mqueue\/.*|fd\/.*)$/;
  return devices.filter((device) => !own.test(device.path));
}
