import { isIP } from 'node:net';
import { wrongAnswer } from '../http/failure.ts';
import { isLinkLocal, linkLocalRefused } from '../http/link-local.ts';
import type { Endpoint } from '../registries/endpoint.ts';

/**
 * Where anybody can have a name of their own, so that two names under it have nothing to do with each other: the part of
 * the Public Suffix List that registries and their neighbours live under. Names of countries have theirs by form.
 */
const sharedSuffixes: ReadonlySet<string> = new Set(
  `aliyuncs.com amazonaws.com amazonaws.com.cn appspot.com azurecr.io azurewebsites.net cloudapp.net cloudfront.net
  core.windows.net digitaloceanspaces.com duckdns.org dyndns.org firebaseapp.com fly.dev github.io gitlab.io
  googleapis.com googleusercontent.com herokuapp.com hf.space lhr.life loca.lt myhuaweicloud.com myqcloud.com netlify.app
  ngrok-free.app ngrok.app ngrok.io no-ip.org nip.io on.aws ondigitalocean.app onrender.com pages.dev pkg.dev r2.dev
  railway.app repl.co run.app sslip.io tencentcs.com trycloudflare.com ts.net vercel.app web.app windows.net workers.dev
  xip.io`.split(/\s+/),
);
const countrySuffix = /^(?:ac|co|com|edu|go|gob|gov|ltd|me|mil|ne|net|or|org|plc|sch)\.[a-z]{2}$/;

/** Token servers that are known to belong to a registry although their names do not say so. */
const knownRealms: ReadonlyMap<string, readonly string[]> = new Map([
  ['registry-1.docker.io', ['auth.docker.io']],
  ['index.docker.io', ['auth.docker.io']],
  ['docker.io', ['auth.docker.io']],
]);

/**
 * The token server that a registry names. One with TLS must name one with TLS, unless it is configured as insecure.
 *
 * @throws ServerFailure invalid `registry-answer-invalid`
 */
export function parseRealm(text: string, { url, tls }: Endpoint): URL {
  const registry = new URL(url);
  const realm = URL.parse(text);
  if (realm === null || (realm.protocol !== 'https:' && realm.protocol !== 'http:')) {
    throw wrongAnswer(`invalid answer from ${registry.host}: its token server is no HTTP URL`);
  }
  if (registry.protocol === 'https:' && realm.protocol === 'http:' && tls.verify) {
    throw wrongAnswer(`refusing the token server ${realm.origin} of ${registry.host}: it has no TLS`);
  }
  if (isLinkLocal(realm.hostname) && realm.hostname !== registry.hostname)
    throw linkLocalRefused(realm.hostname);
  realm.username = '';
  realm.password = '';
  realm.hash = '';
  return realm;
}

/**
 * Whether the token server that a registry names may see the credentials for that registry (CVE-2020-15157): it is the
 * same host, or has the same registrable parent, or is known to belong to it.
 */
export function mayHaveCredentials(realm: URL, registry: URL): boolean {
  const host = plainHost(realm);
  const registryHost = plainHost(registry);
  if (host === registryHost) return true;
  if (knownRealms.get(registryHost)?.includes(host) === true) return true;
  const parent = registrableParent(registryHost);
  return parent !== undefined && (host === parent || host.endsWith(`.${parent}`));
}

/** `example.co.uk` for `registry.example.co.uk`; undefined for addresses, and names that have no parent of their own. */
function registrableParent(host: string): string | undefined {
  const labels = host.split('.');
  if (isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0) return undefined;
  for (let count = Math.min(labels.length, 4); count >= 1; count -= 1) {
    const suffix = labels.slice(-count).join('.');
    if (count > 1 && !sharedSuffixes.has(suffix) && !countrySuffix.test(suffix)) continue;
    return labels.length > count ? labels.slice(-count - 1).join('.') : undefined;
  }
  return undefined;
}

function plainHost({ hostname }: URL): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}
