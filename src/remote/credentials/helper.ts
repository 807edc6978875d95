import { spawn } from 'node:child_process';
import { LamellaError, messageOf } from '../../base/errors.ts';
import type { Credential } from './credential.ts';
import { keyOf } from './registry-key.ts';

/** The name under which helpers keep an identity token. */
const tokenName = '<token>';
/** Milliseconds; a helper may have to ask a person. */
const patience = 60_000;
const longestAnswer = 1 << 20;

/**
 * A program `docker-credential-NAME` that keeps credentials (Docker's credential helper protocol: one verb, JSON on its
 * standard streams; a secret is never an argument).
 */
export interface CredentialHelper {
  /** Undefined where it has none. */
  get(domain: string): Promise<Credential | undefined>;
  store(domain: string, credential: Credential): Promise<void>;
  erase(domain: string): Promise<void>;
}

/** @throws LamellaError unavailable `credential-helper-failed`, from each call */
export function createHelper(name: string, env: NodeJS.ProcessEnv): CredentialHelper {
  const call = (verb: string, input: string): Promise<string> => callHelper(name, verb, input, env);
  return {
    async get(domain) {
      let answer: string;
      try {
        answer = await call('get', keyOf(domain));
      } catch (error) {
        if (/credentials not found/i.test(messageOf(error))) return undefined;
        throw error;
      }
      const { Username: username, Secret: secret } = parse(name, answer);
      if (typeof secret !== 'string' || typeof username !== 'string')
        throw failed(name, 'its answer has no secret');
      return username === tokenName
        ? { kind: 'identity-token', username: '', token: secret }
        : { kind: 'password', username, password: secret };
    },
    async store(domain, credential) {
      const [Username, Secret] =
        credential.kind === 'password'
          ? [credential.username, credential.password]
          : [tokenName, credential.token];
      await call('store', JSON.stringify({ ServerURL: keyOf(domain), Username, Secret }));
    },
    async erase(domain) {
      await call('erase', keyOf(domain));
    },
  };
}

async function callHelper(
  name: string,
  verb: string,
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw failed(name, 'no such name of a helper');
  const child = spawn(`docker-credential-${name}`, [verb], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  const exited = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', (error) => reject(failed(name, messageOf(error))));
    child.once('close', (code) => resolve(code ?? undefined));
  });
  // A helper that does not read what it is told is its own affair.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    if (output.length > longestAnswer) child.kill('SIGKILL');
  });
  const code = await exited;
  if (code !== 0)
    throw failed(
      name,
      output.trim().slice(0, 500) || (code === undefined ? 'it was killed' : `exit status ${code}`),
    );
  return output;
}

function parse(name: string, answer: string): Record<string, unknown> {
  try {
    return JSON.parse(answer) as Record<string, unknown>;
  } catch {
    throw failed(name, 'its answer is no JSON');
  }
}

function failed(name: string, what: string): LamellaError {
  return new LamellaError(
    'unavailable',
    `error getting credentials - err: docker-credential-${name}: ${what}`,
    {
      code: 'credential-helper-failed',
      hint: 'The helper is named in config.json of ~/.docker, as credsStore or in credHelpers.',
    },
  );
}
