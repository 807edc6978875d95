import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { LamellaError } from '../../base/errors.ts';
import type { SealingKeys } from './sealing-key.ts';

/**
 * Secrets at rest, encrypted (AES-256-GCM) with a key of which half is the machine's own ID. Whoever has only what is
 * in the home folder (a backup, a synchronised folder, an image built from it, a file that a server gave away) has no
 * secret. It does not keep out programs of the same user on the same machine, nor root: decision 0008.
 */
export interface Seal {
  seal(secret: string, subject: string): Promise<string>;
  /** @throws LamellaError corrupt `credential-unreadable` for what was sealed elsewhere, or for another subject */
  open(sealed: string, subject: string): Promise<string>;
}

const prefix = 'v1:';
const nonceSize = 12;
const tagSize = 16;

export function createSeal(keys: SealingKeys): Seal {
  return {
    async seal(secret, subject) {
      const nonce = randomBytes(nonceSize);
      const cipher = createCipheriv('aes-256-gcm', await keys.own(), nonce);
      cipher.setAAD(Buffer.from(subject));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return prefix + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64');
    },
    async open(sealed, subject) {
      const bytes = Buffer.from(sealed.slice(prefix.length), 'base64');
      if (sealed.startsWith(prefix) && bytes.byteLength >= nonceSize + tagSize) {
        for (const key of await keys.known()) {
          const secret = opened(bytes, key, subject);
          if (secret !== undefined) return secret;
        }
      }
      throw new LamellaError(
        'corrupt',
        `the credentials for ${subject} were sealed on another machine or are damaged`,
        { code: 'credential-unreadable', hint: `Log in again: lamella login ${subject}` },
      );
    },
  };
}

/** Undefined where the key is another one, or the bytes are not what was sealed for the subject. */
function opened(bytes: Buffer, key: Buffer, subject: string): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceSize));
  decipher.setAAD(Buffer.from(subject));
  decipher.setAuthTag(bytes.subarray(-tagSize));
  try {
    const body = decipher.update(bytes.subarray(nonceSize, -tagSize));
    return Buffer.concat([body, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
