import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts. */
export interface TestCertificates {
  /** The authority that signed the others; no system trusts it. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: { readonly key: string; readonly cert: string };
  /** For clients that must show who they are. */
  readonly client: { readonly key: string; readonly cert: string };
}

/** Makes an authority, and certificates of it that are good for a day, with the openssl command. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-certificates-'));
  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const sign = (name: string, extensions: string): { key: string; cert: string } => {
    writeFileSync(file('extensions'), extensions);
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-extfile', 'extensions', '-out', `${name}.pem`);
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    const authority = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '1'];
    openssl('req', '-x509', ...key, ...authority);
    return {
      ca: read('ca.pem'),
      server: sign('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1\n'),
      client: sign('client', 'extendedKeyUsage=clientAuth\n'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
