import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { parseBytes } from '../../../arguments/option-value.ts';

type Throttled = HostConfig['BlkioDeviceReadBps'][number];

/** Reads `/dev/sda:1mb`, of which {@link whyNoByteRate} has found nothing to say. */
export function parseByteRate(text: string): Throttled {
  const [path, rate] = split(text);
  return { Path: path, Rate: readBytes(rate) ?? 0 };
}

export function parseOperationRate(text: string): Throttled {
  const [path, rate] = split(text);
  return { Path: path, Rate: Number(rate) };
}

export function parseDeviceWeight(text: string): HostConfig['BlkioWeightDevice'][number] {
  const [path, weight] = split(text);
  return { Path: path, Weight: Number(weight) };
}

export function whyNoByteRate(text: string): string | undefined {
  if (readBytes(split(text)[1]) !== undefined) return whyNoDevice(text);
  return (
    whyNoDevice(text) ??
    `invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. ` +
      'Number must be a positive integer. Unit is optional and can be kb, mb, or gb'
  );
}

export function whyNoOperationRate(text: string): string | undefined {
  if (/^[0-9]+$/.test(split(text)[1])) return whyNoDevice(text);
  return (
    whyNoDevice(text) ??
    `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`
  );
}

export function whyNoDeviceWeight(text: string): string | undefined {
  const [, written] = split(text);
  const weight = Number(written);
  const isWeight = /^[0-9]+$/.test(written) && (weight === 0 || (weight >= 10 && weight <= 1000));
  return whyNoDevice(text) ?? (isWeight ? undefined : `invalid weight for device: ${text}`);
}

function whyNoDevice(text: string): string | undefined {
  if (!text.includes(':') || text.startsWith(':')) return `bad format: ${text}`;
  return text.startsWith('/dev/') ? undefined : `bad format for device path: ${text}`;
}

function split(text: string): [path: string, value: string] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function readBytes(text: string): number | undefined {
  try {
    return parseBytes(text, (reason) => {
      throw new Error(reason);
    });
  } catch {
    return undefined;
  }
}
