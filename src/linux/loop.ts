import { closeSync, openSync } from 'node:fs';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { systemCall } from './libc.ts';

const LOOP_CONFIGURE = 0x4c0a;
const LOOP_CTL_GET_FREE = 0x4c82;
const LO_FLAGS_READ_ONLY = 1;
const LO_FLAGS_AUTOCLEAR = 4;
/** sizeof(struct loop_config) in include/uapi/linux/loop.h: fd, block size, struct loop_info64 (232 bytes), reserved. */
const LOOP_CONFIG_SIZE = 304;
const LO_FLAGS_OFFSET = 8 + 52;
const attempts = 64;

const ioctlCall = systemCall('int ioctl(int fd, unsigned long request, void *argument)');

export interface LoopDevice extends Disposable {
  /** `/dev/loop7` */
  readonly path: string;
}

/**
 * Makes a read-only block device out of a file (LOOP_CONFIGURE, Linux 5.8). It goes by itself when it is no longer
 * mounted and this has been disposed of.
 *
 * @throws LamellaError unsupported `no-loop-devices`
 */
export function openLoopDevice(file: string): LoopDevice {
  const backing = openSync(file, 'r');
  try {
    // Somebody else may take the free device between asking for it and taking it.
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const device = tryConfigure(backing);
      if (device !== undefined) return device;
    }
    throw new LamellaError('unavailable', `cannot set up a loop device for ${file}`, { code: 'loop-busy' });
  } finally {
    closeSync(backing);
  }
}

function tryConfigure(backing: number): LoopDevice | undefined {
  const path = `/dev/loop${freeNumber()}`;
  const fd = openSync(path, 'r');
  const config = Buffer.alloc(LOOP_CONFIG_SIZE);
  config.writeUInt32LE(backing, 0);
  config.writeUInt32LE(LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR, LO_FLAGS_OFFSET);
  try {
    ioctlCall(`configure ${path}`, fd, LOOP_CONFIGURE, config);
    return { path, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    if (isLamellaError(error) && error.code === 'EBUSY') return undefined;
    throw error;
  }
}

function freeNumber(): number {
  let control: number;
  try {
    control = openSync('/dev/loop-control', 'r+');
  } catch (cause) {
    throw new LamellaError('unsupported', 'there is no /dev/loop-control: no loop devices here', {
      code: 'no-loop-devices',
      cause,
    });
  }
  try {
    return ioctlCall('LOOP_CTL_GET_FREE', control, LOOP_CTL_GET_FREE, null);
  } finally {
    closeSync(control);
  }
}
