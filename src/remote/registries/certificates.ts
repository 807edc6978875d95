import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LamellaError, messageOf, systemErrorCode } from '../../base/errors.ts';
import type { TlsSettings } from './endpoint.ts';
import { isHost } from './registry-name.ts';

/** Authorities and a client's certificate for one server. */
export type Certificates = Omit<TlsSettings, 'verify'>;

/**
 * Reads the folders `HOST[:PORT]` below each of `folders` as Docker does: `*.crt` are authorities, `NAME.cert` with
 * `NAME.key` is a client's certificate; of several of these, the first by folder and name is used.
 *
 * @throws LamellaError invalid `certificates-invalid`, in Docker's words
 */
export async function readCertificates(
  folders: readonly string[],
  hosts: readonly string[],
): Promise<Certificates> {
  const paths = folders.flatMap((folder) => hosts.filter(isHost).map((host) => join(folder, host)));
  const found = await Promise.all(paths.map(readFolder));
  const ca = found.flatMap((each) => each.ca ?? []);
  const client = found.find(({ cert }) => cert !== undefined);
  return {
    ...(ca.length > 0 && { ca }),
    ...(client?.cert !== undefined && client.key !== undefined && { cert: client.cert, key: client.key }),
  };
}

/** {@link readCertificates}, once for each host. */
export function certificateCache(
  folders: readonly string[],
): (hosts: readonly string[]) => Promise<Certificates> {
  const found = new Map<string, Promise<Certificates>>();
  return async (hosts) => {
    const key = hosts.join(' ');
    const known = found.get(key);
    if (known !== undefined) return await known;
    const reading = readCertificates(folders, hosts);
    found.set(key, reading);
    reading.catch(() => found.delete(key));
    return await reading;
  };
}

async function readFolder(folder: string): Promise<Certificates> {
  const names = await namesIn(folder);
  if (names.length === 0) return {};
  const read = async (name: string): Promise<string> => await readText(join(folder, name));
  const all = new Set(names);
  const stems = names.filter((name) => name.endsWith('.cert')).map((name) => name.slice(0, -'.cert'.length));
  for (const stem of stems) {
    if (all.has(`${stem}.key`)) continue;
    throw invalid(
      `missing key ${stem}.key for client certificate ${stem}.cert. CA certificates must use the extension .crt`,
      folder,
    );
  }
  for (const name of names.filter((name) => name.endsWith('.key'))) {
    const cert = `${name.slice(0, -'.key'.length)}.cert`;
    if (!all.has(cert)) throw invalid(`missing client certificate ${cert} for key ${name}`, folder);
  }
  const authorities = names.filter((name) => name.endsWith('.crt'));
  const ca = await Promise.all(
    authorities.map(async (name) => await checkedAuthority(join(folder, name), await read(name))),
  );
  const [stem] = stems;
  const client = stem === undefined ? {} : await readPair(folder, stem, read);
  return { ...(ca.length > 0 && { ca }), ...client };
}

/** A folder that is not there says nothing, nor one of Docker's that only root may read. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LamellaError('forbidden', `cannot read ${path}: ${messageOf(cause)}`, {
      code: 'config-unreadable',
      hint: `Whoever runs this must be able to read ${path}.`,
      cause,
    });
  }
}

async function checkedAuthority(path: string, pem: string): Promise<string> {
  const { X509Certificate } = await import('node:crypto');
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) {
    throw invalid(`${path}: it has no certificate in PEM form`, path, 'openssl x509 -inform der -in FILE');
  }
  for (const certificate of certificates) {
    try {
      void new X509Certificate(certificate);
    } catch (cause) {
      throw invalid(`${path}: ${messageOf(cause)}`, path, undefined, cause);
    }
  }
  return pem;
}

async function readPair(
  folder: string,
  stem: string,
  read: (name: string) => Promise<string>,
): Promise<{ readonly cert: string; readonly key: string }> {
  const { createPrivateKey, X509Certificate } = await import('node:crypto');
  const [cert, key] = [await read(`${stem}.cert`), await read(`${stem}.key`)];
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw invalid(`${join(folder, stem)}.cert: ${messageOf(cause)}`, folder, undefined, cause);
  }
  if (!fits) throw invalid(`${join(folder, stem)}.key: private key does not match public key`, folder);
  return { cert, key };
}

function invalid(problem: string, place: string, conversion?: string, cause?: unknown): LamellaError {
  return new LamellaError('invalid', problem, {
    code: 'certificates-invalid',
    hint:
      conversion === undefined
        ? `It is in ${place}, where files are named as for Docker: ca.crt, client.cert and client.key.`
        : `Turn it into PEM: ${conversion}`,
    ...(cause !== undefined && { cause }),
  });
}
