import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { TlsSettings } from '../registries/endpoint.ts';
import { withLargeReads } from './large-reads.ts';

/** Bytes of a body that wait for their reader, before its connection is left alone. */
const readAhead = 1 << 20;

export interface Agents extends Disposable {
  /** Connections for a URL: they are kept, one pool for each kind of trust. */
  of(url: URL, tls: TlsSettings): HttpAgent;
  /**
   * Trusts what this machine trusts, too, for servers of this kind: reading that takes longer than most requests, so that
   * it is done where a certificate was not known.
   *
   * @param used what did not trust
   * @returns whether asking again is of use: false where `used` trusts the machine's authorities already
   */
  trustSystem(tls: TlsSettings, used: HttpAgent): boolean;
}

/** @param env the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name are used */
export function createAgents(env: NodeJS.ProcessEnv): Agents {
  const pool = { keepAlive: true, highWaterMark: readAhead, proxyEnv: env };
  const plain = withLargeReads(new HttpAgent(pool));
  // Node reads the answer of a proxy to CONNECT from a connection that is made with the same options.
  const hasTunnel = Boolean(env['HTTPS_PROXY'] ?? env['https_proxy']);
  const encrypted = new Map<string, HttpsAgent>();
  const withSystem = new Set<string>();

  const make = (tls: TlsSettings, system: boolean): HttpsAgent => {
    const { ca = [], cert, key, verify } = tls;
    const authorities =
      system || ca.length > 0
        ? { ca: [...getCACertificates('default'), ...(system ? getCACertificates('system') : []), ...ca] }
        : {};
    const agent = new HttpsAgent({
      ...pool,
      rejectUnauthorized: verify,
      ALPNProtocols: ['http/1.1'],
      secureContext: createSecureContext({
        ...authorities,
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      }),
    });
    return hasTunnel ? agent : withLargeReads(agent);
  };

  return {
    of(url, tls) {
      if (url.protocol === 'http:') return plain;
      const key = keyOf(tls);
      let agent = encrypted.get(key);
      if (agent === undefined) {
        agent = make(tls, withSystem.has(key));
        encrypted.set(key, agent);
      }
      return agent;
    },
    trustSystem(tls, used) {
      const key = keyOf(tls);
      if (encrypted.get(key) !== used) return true;
      if (withSystem.has(key)) return false;
      withSystem.add(key);
      encrypted.delete(key);
      return true;
    },
    [Symbol.dispose]() {
      plain.destroy();
      for (const agent of encrypted.values()) agent.destroy();
    },
  };
}

function keyOf({ ca, cert, key, verify }: TlsSettings): string {
  return JSON.stringify([ca, cert, key, verify]);
}
