import { isLamellaError, LamellaError, messageOf } from '../../base/errors.ts';
import type { Credential } from './credential.ts';
import { keyOf } from './registry-key.ts';
import { type HelperAnswer, runHelper } from './run-helper.ts';

/** The name under which helpers keep an identity token. */
const tokenName = '<token>';
const defaultPatience = 60_000;

/**
 * A program `docker-credential-NAME` that keeps credentials (Docker's credential helper protocol: one verb, JSON on its
 * standard streams; a secret is never an argument).
 *
 * Errors of all calls: LamellaError unavailable `client-credential-helper-failed`, in Docker's words
 */
export interface CredentialHelper {
  /** Undefined where it has none. */
  get(domain: string): Promise<Credential | undefined>;
  store(domain: string, credential: Credential): Promise<void>;
  erase(domain: string): Promise<void>;
}

/** @param options.patience milliseconds that a call may take; a helper may have to ask a person */
export function createHelper(
  name: string,
  env: NodeJS.ProcessEnv,
  { patience = defaultPatience }: { patience?: number } = {},
): CredentialHelper {
  /** @param words `error getting credentials`; what follows tells how the program ended and what it said */
  const ask = async (verb: string, input: string, words: string, secret?: string): Promise<HelperAnswer> => {
    const answer = await runHelper(name, verb, input, { env, patience });
    if (answer.failure === undefined) return answer;
    const said = secret === undefined ? answer.said : answer.said.replaceAll(secret, '***');
    throw failed(`${words} - err: ${answer.failure}, out: \`${said}\``);
  };
  return {
    async get(domain) {
      const answer = await ask('get', keyOf(domain), 'error getting credentials').catch((error: unknown) => {
        // What helpers say, and are to say, where there is none.
        if (isLamellaError(error) && /credentials not found/i.test(error.message)) return undefined;
        throw error;
      });
      return answer === undefined ? undefined : credentialIn(answer.output, name);
    },
    async store(domain, credential) {
      const isPassword = credential.kind === 'password';
      const secret = isPassword ? credential.password : credential.token;
      const Username = isPassword ? credential.username : tokenName;
      const input = JSON.stringify({ ServerURL: keyOf(domain), Username, Secret: secret });
      await ask('store', input, 'Error saving credentials: error storing credentials', secret);
    },
    async erase(domain) {
      await ask('erase', keyOf(domain), 'error erasing credentials');
    },
  };
}

function credentialIn(output: string, name: string): Credential {
  let value: { Username?: unknown; Secret?: unknown };
  try {
    value = Object(JSON.parse(output)) as typeof value;
  } catch (error) {
    // The parser quotes what it read, which may be the secret.
    const what = messageOf(error).split(/[,"'`]/, 1)[0];
    throw failed(`error getting credentials - err: docker-credential-${name} answered no JSON: ${what}`);
  }
  const { Username: username, Secret: secret } = value;
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(`error getting credentials - err: docker-credential-${name} answered without a secret`);
  return username === tokenName
    ? { kind: 'identity-token', username: '', token: secret }
    : { kind: 'password', username, password: secret };
}

function failed(message: string): LamellaError {
  return new LamellaError('unavailable', message, {
    code: 'client-credential-helper-failed',
    hint: 'The helper is named in config.json of ~/.docker, as credsStore or in credHelpers.',
  });
}
