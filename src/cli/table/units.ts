import { formatFloat } from '../template/format-float.ts';

const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** Bytes in powers of 1000 with so many significant digits, as docker/go-units has it: `77.8MB`. */
export function humanSize(bytes: number, digits = 4): string {
  return scale(bytes, 1000, decimal, digits);
}

/** Bytes in powers of 1024: `23.54GiB`. */
export function binarySize(bytes: number): string {
  return scale(bytes, 1024, binary, 4);
}

function scale(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${formatFloat(value, 'g', digits)}${units[unit] ?? ''}`;
}
