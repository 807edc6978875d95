import { randomUUID } from 'node:crypto';
import { type Answer, type Exchange, failure, json } from './exchange.ts';

interface Users {
  /** Passwords by name. */
  readonly users: Readonly<Record<string, string>>;
}

interface BasicAuth extends Users {
  readonly kind: 'basic';
}

interface TokenAuth extends Users {
  readonly kind: 'token';
  /** Another server than the registry gives the tokens. */
  readonly separate?: boolean;
  /** What 401 names as realm instead of the right one: an attack. */
  readonly realm?: string;
  readonly service?: string;
  /** Whether nobody in particular may pull. */
  readonly anonymousPull?: boolean;
  /** Whether the OAuth2 POST is known; 404 otherwise. */
  readonly post?: boolean;
  /** Seconds; 300 by default. Left out of the answer where 0, and tokens are then good for one request. */
  readonly expiresIn?: number;
  /** Whether refresh tokens are given to who asks for one. */
  readonly refreshTokens?: boolean;
  /** The name of the field that has the token: `token` by default. */
  readonly field?: 'token' | 'access_token';
  /** May this user (undefined: nobody in particular) do this? All known users may do everything by default. */
  readonly allows?: (user: string | undefined, path: string, action: 'pull' | 'push') => boolean;
}

export type AuthOptions = BasicAuth | TokenAuth;

export interface Authority {
  /** The refusal of a request, undefined where it may go on. */
  check(exchange: Exchange, realm: string): Answer | undefined;
  mayRead(exchange: Exchange, path: string): boolean;
  token(exchange: Exchange): Promise<Answer>;
}

interface Token {
  readonly user: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly expires: number;
  uses: number;
}

export function createAuthority(options: AuthOptions | undefined): Authority {
  if (options === undefined) {
    return { check: () => undefined, mayRead: () => true, token: async () => ({ status: 404 }) };
  }
  return options.kind === 'basic' ? basicAuthority(options) : tokenAuthority(options);
}

function basicAuthority({ users }: BasicAuth): Authority {
  return {
    check: (exchange) =>
      basicUser(exchange, users) === undefined
        ? {
            ...failure(401, 'UNAUTHORIZED', 'authentication required'),
            headers: {
              'content-type': 'application/json',
              'www-authenticate': 'Basic realm="fake registry"',
            },
          }
        : undefined,
    mayRead: () => true,
    token: async () => ({ status: 404 }),
  };
}

function tokenAuthority(options: TokenAuth): Authority {
  const { users, service = 'fake registry', expiresIn = 300, allows = () => true, field = 'token' } = options;
  const tokens = new Map<string, Token>();
  const refreshTokens = new Map<string, string>();

  const bearer = ({ request }: Exchange): Token | undefined => {
    const [, text] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const token = tokens.get(text ?? '');
    if (token === undefined || token.expires < Date.now()) return undefined;
    token.uses += 1;
    return expiresIn === 0 && token.uses > 1 ? undefined : token;
  };

  const granted = (user: string | undefined, scope: string): string[] => {
    const match = /^repository:(.+):([a-z,]+)$/.exec(scope);
    if (match === null)
      return scope === 'registry:catalog:*' && user !== undefined ? ['registry:catalog:*'] : [];
    const [, path = '', actions = ''] = match;
    return actions
      .split(',')
      .filter((action): action is 'pull' | 'push' => action === 'pull' || action === 'push')
      .filter(
        (action) =>
          (user !== undefined || (action === 'pull' && options.anonymousPull === true)) &&
          allows(user, path, action),
      )
      .map((action) => `repository:${path}:${action}`);
  };

  return {
    check(exchange, realm) {
      const needed = neededScopes(exchange);
      const token = bearer(exchange);
      const missing = needed.filter((scope) => token?.scopes.has(scope) !== true);
      if (token !== undefined && missing.length === 0) return undefined;
      const scope = missing.length === 0 ? undefined : joinScopes(needed);
      const challenge = [
        `Bearer realm="${options.realm ?? realm}"`,
        `service="${service}"`,
        ...(scope === undefined ? [] : [`scope="${scope}"`]),
        ...(token === undefined ? [] : ['error="insufficient_scope"']),
      ].join(',');
      return {
        ...failure(401, 'UNAUTHORIZED', 'authentication required'),
        headers: { 'content-type': 'application/json', 'www-authenticate': challenge },
      };
    },
    mayRead: (exchange, path) => bearer(exchange)?.scopes.has(`repository:${path}:pull`) === true,
    async token(exchange) {
      const { method, query } = exchange.record;
      if (method === 'POST' && options.post !== true) return { status: 404 };
      const form = method === 'POST' ? await readForm(exchange) : query;
      const asked = whoAsks(exchange, form, users, refreshTokens);
      if (asked === null) return json(401, { details: 'incorrect username or password' });
      const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
      const text = randomUUID();
      tokens.set(text, {
        user: asked,
        scopes: new Set(scopes.flatMap((scope) => granted(asked, scope))),
        expires: Date.now() + (expiresIn === 0 ? 60 : expiresIn) * 1000,
        uses: 0,
      });
      const wantsRefresh = form.get('offline_token') === 'true' || form.get('access_type') === 'offline';
      const refresh =
        options.refreshTokens === true && wantsRefresh && asked !== undefined ? randomUUID() : undefined;
      if (refresh !== undefined && asked !== undefined) refreshTokens.set(refresh, asked);
      return json(200, {
        [method === 'POST' ? 'access_token' : field]: text,
        ...(expiresIn > 0 && { expires_in: expiresIn, issued_at: new Date().toISOString() }),
        ...(refresh !== undefined && { refresh_token: refresh }),
      });
    },
  };
}

/** The user of a Basic header, undefined without one or with a wrong one. */
function basicUser({ request }: Exchange, users: Users['users']): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const user = text.slice(0, text.indexOf(':'));
  return Object.hasOwn(users, user) && users[user] === text.slice(user.length + 1) ? user : undefined;
}

/** A user's name, undefined for nobody in particular, null where the credentials are wrong. */
function whoAsks(
  exchange: Exchange,
  form: URLSearchParams,
  users: Users['users'],
  refreshTokens: ReadonlyMap<string, string>,
): string | undefined | null {
  if (exchange.record.method === 'POST') {
    if (form.get('grant_type') === 'refresh_token')
      return refreshTokens.get(form.get('refresh_token') ?? '') ?? null;
    const name = form.get('username') ?? '';
    return Object.hasOwn(users, name) && users[name] === form.get('password') ? name : null;
  }
  if (exchange.request.headers.authorization === undefined) return undefined;
  return basicUser(exchange, users) ?? null;
}

/** `/v2/` needs a token of whatever scope. */
function neededScopes({ record: { method, path } }: Exchange): string[] {
  if (path === '/v2/_catalog') return ['registry:catalog:*'];
  const [, repository] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags)\//.exec(path) ?? [];
  if (repository === undefined) return [];
  const reads = method === 'GET' || method === 'HEAD';
  const isUpload = path.includes('/blobs/uploads/');
  return [`repository:${repository}:pull`, ...(reads && !isUpload ? [] : [`repository:${repository}:push`])];
}

function joinScopes(scopes: readonly string[]): string {
  const actions = new Map<string, string[]>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':');
    const name = scope.slice(0, colon);
    actions.set(name, [...(actions.get(name) ?? []), scope.slice(colon + 1)]);
  }
  return [...actions].map(([name, list]) => `${name}:${list.join(',')}`).join(' ');
}

async function readForm({ request }: Exchange): Promise<URLSearchParams> {
  const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  return new URLSearchParams(bytes.toString());
}
