import { LamellaError } from '../../base/errors.ts';
import type { RuntimeDevice, RuntimeResources } from './oci-spec.ts';

type DeviceRule = RuntimeResources['devices'][number];

const character = (major: number, minor: number): DeviceRule => ({
  allow: true,
  type: 'c',
  major,
  minor,
  access: 'rwm',
});

/** A device of the machine at its place in the container, and what may be done with it: `rwm` or a part of that. */
export interface AskedDevice {
  readonly device: RuntimeDevice;
  readonly access: string;
}

/** Which devices a container may open; a privileged one may open every. Those that the runtime makes, it allows itself. */
export function deviceRules({
  privileged,
  devices = [],
  rules = [],
}: {
  privileged: boolean;
  devices?: readonly AskedDevice[];
  /** As `--device-cgroup-rule` has them. */
  rules?: readonly string[];
}): DeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    character(1, 3), // null
    character(1, 5), // zero
    character(1, 8), // random
    character(1, 9), // urandom
    character(5, 0), // tty
    character(5, 1), // console
    ...devices.map(({ device: { type, major, minor }, access }) => ({
      allow: true,
      type,
      major,
      minor,
      access,
    })),
    ...rules.map(parseDeviceRule),
  ];
}

/**
 * Reads `c 1:3 rwm`: the kind of device (`a` is every), major and minor number or `*`, what is allowed.
 *
 * @throws LamellaError invalid `device-invalid`
 */
export function parseDeviceRule(text: string): DeviceRule {
  const [, type = '', major = '', minor = '', access = ''] =
    /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text) ?? [];
  if (type === '') {
    throw new LamellaError('invalid', `invalid device cgroup rule format: '${text}'`, {
      code: 'device-invalid',
    });
  }
  const number = (digits: string): number => (digits === '*' ? -1 : Number(digits));
  return { allow: true, type, major: number(major), minor: number(minor), access };
}

export type HostDevice = RuntimeDevice;

/** The machine's devices as a privileged container gets them: without those that the runtime makes by itself. */
export function privilegedDevices(devices: readonly HostDevice[]): RuntimeDevice[] {
  const own = /^\/dev\/(null|zero|full|random|urandom|tty|console|ptmx|pts\/.*|shm\/.*|mqueue\/.*|fd\/.*)$/;
  return devices.filter((device) => !own.test(device.path));
}
