import { isLamellaError } from '../../../base/errors.ts';
import { collectBytes } from '../../../base/streams.ts';
import type { KnownUser, LoginReport } from '../../../engine/ports/registry-engine.ts';
import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { errorLine } from '../../errors/print-error.ts';
import type { Text } from '../../languages/text.ts';
import { openPrompt } from '../../output/ask.ts';
import type { CommandContext } from '../../output/context.ts';
import { escapeControl } from '../../table/escape-control.ts';

const insecure: Text = {
  en: 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.',
  zh: 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.（命令行中的密码会被他人看到，请改用 --password-stdin）',
};
const sealed: Text = {
  en: 'Your credentials are sealed in %s',
  zh: '凭据已加密保存在 %s',
};
const otherAccount: Text = {
  en: " Info -> To login with a different account, run 'lamella logout' followed by 'lamella login'",
  zh: ' Info -> 要换用其他账号，请先运行 lamella logout，再运行 lamella login',
};
const longestPassword = 1 << 16;

export const command: Command = defineCommand({
  usage: '[OPTIONS] [SERVER]',
  summary: {
    en: 'Authenticate to a registry; Docker Hub when none is named',
    zh: '登录仓库（未指定时为 Docker Hub）',
  },
  examples: [
    {
      command: 'lamella login registry.example.com:5000',
      note: {
        en: 'Asks for name and password; the password is kept encrypted',
        zh: '提示输入用户名和密码，密码加密保存',
      },
    },
    {
      command: 'cat token | lamella login -u jane --password-stdin registry.example.com:5000',
      note: { en: 'In a script', zh: '在脚本中登录' },
    },
  ],
  arity: atMost(1),
  completion: 'none',
  options: {
    password: text(
      { en: 'Password or Personal Access Token (PAT)', zh: '密码或个人访问令牌' },
      { short: 'p' },
    ),
    'password-stdin': flag({
      en: 'Take the Password or Personal Access Token (PAT) from stdin',
      zh: '从标准输入读取密码或个人访问令牌',
    }),
    plaintext: flag({
      en: "Keep the password readable in config.json, Docker's way",
      zh: '像 Docker 一样将密码以明文保存在 config.json 中',
    }),
    username: text({ en: 'Username', zh: '用户名' }, { short: 'u' }),
  },
  async run({ options, given, args: [server], context }) {
    const { plaintext } = options;
    const username = trimmed('username', options.username);
    const password = trimmed('password', options.password);
    const fromStdin = options['password-stdin'];
    if (fromStdin && given.has('password'))
      throw new CliError('conflicting options: cannot specify both --password and --password-stdin');
    if (fromStdin && username === undefined)
      throw new CliError('the --password-stdin option requires --username to be set');
    if (given.has('password')) await context.warn(context.say(insecure));
    const engine = await context.registry();
    const { signal } = context.io;
    let known: KnownUser | undefined;
    if (username === undefined && password === undefined) {
      known = await engine.knownUser(server);
      const again =
        known?.hasPassword === true ? await logInAgain(context, known, server, plaintext) : undefined;
      if (again !== undefined) {
        await report(context, again);
        return;
      }
    }
    const offered = { username, password: fromStdin ? await passwordFromStdin(context) : password };
    const credential = await complete(context, offered, known?.username);
    await report(context, await engine.login(server, credential, { plaintext, signal }));
  },
});

/** Without the space around it, as Docker takes it. */
function trimmed(name: 'username' | 'password', value: string | undefined): string | undefined {
  if (value?.trim() === '') throw new CliError(`${name} is empty`);
  return value?.trim();
}

/** With the password that is kept; undefined where it is no longer right. */
async function logInAgain(
  context: CommandContext,
  { username }: KnownUser,
  server: string | undefined,
  plaintext: boolean,
): Promise<LoginReport | undefined> {
  await context.warn(`Authenticating with existing credentials... [Username: ${escapeControl(username)}]`);
  await context.warn(`\n${context.say(otherAccount)}\n\n`);
  const engine = await context.registry();
  try {
    return await engine.login(server, undefined, { plaintext, signal: context.io.signal });
  } catch (error) {
    if (!isLamellaError(error, 'unauthorized')) throw error;
    await context.warn(`Login did not succeed, error: ${errorLine(error)}`);
    return undefined;
  }
}

async function passwordFromStdin({ io }: CommandContext): Promise<string | undefined> {
  const bytes = await collectBytes(io.stdin.stream({ signal: io.signal }), longestPassword);
  return trimmed('password', bytes.toString('utf8'));
}

/** Asks for what is missing. */
async function complete(
  context: CommandContext,
  { username, password }: { username: string | undefined; password: string | undefined },
  known = '',
): Promise<{ username: string; password: string }> {
  if (username !== undefined && password !== undefined) return { username, password };
  if (!context.io.stdin.isTerminal) {
    throw new CliError('Error: Cannot perform an interactive login from a non TTY device');
  }
  await using prompt = openPrompt(context);
  const question = known === '' ? 'Username: ' : `Username (${escapeControl(known)}): `;
  const name = username ?? ((await prompt.ask(question))?.trim() || known);
  if (name === '') throw new CliError('Error: Non-null Username Required');
  const secret = password ?? (await prompt.ask('Password: ', { secret: true }))?.trim();
  if (!secret) throw new CliError('Error: Password Required');
  return { username: name, password: secret };
}

async function report(context: CommandContext, { status, place }: LoginReport): Promise<void> {
  if (place?.kind === 'plain') {
    await context.warn(
      `\nWARNING! Your credentials are stored unencrypted in '${place.where}'.\n` +
        'Configure a credential helper to remove this warning. See\n' +
        'https://docs.docker.com/go/credential-store/\n',
    );
  } else if (place?.kind === 'sealed' && context.io.stdout.isTerminal) {
    await context.print(context.say(sealed, place.where));
  }
  await context.print(status);
}
