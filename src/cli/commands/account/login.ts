import { isLamellaError } from '../../../base/errors.ts';
import { collectBytes } from '../../../base/streams.ts';
import type { LoginReport } from '../../../engine/ports/registry-engine.ts';
import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Text } from '../../languages/text.ts';
import { openPrompt } from '../../output/ask.ts';
import type { CommandContext } from '../../output/context.ts';

const insecure: Text = {
  en: 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.',
  zh: 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.（命令行中的密码会被他人看到，请改用 --password-stdin）',
};
const sealed: Text = {
  en: 'Your credentials are sealed in %s',
  zh: '凭据已加密保存在 %s',
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
    const { username, plaintext } = options;
    const fromStdin = options['password-stdin'];
    if (given.has('password')) {
      if (fromStdin)
        throw new CliError('conflicting options: cannot specify both --password and --password-stdin');
      await context.warn(context.say(insecure));
    }
    if (fromStdin && !username)
      throw new CliError('the --password-stdin option requires --username to be set');
    const engine = await context.registry();
    const { signal } = context.io;
    if (!username && !options.password) {
      const known = await engine.knownUser(server);
      if (known?.hasPassword === true) {
        await context.print(`Authenticating with existing credentials... [Username: ${known.username}]`);
        try {
          await report(context, await engine.login(server, undefined, { plaintext, signal }));
          return;
        } catch (error) {
          if (!isLamellaError(error, 'unauthorized')) throw error;
          await context.warn(`Login did not succeed, error: ${error.message}`);
        }
      }
    }
    const password = fromStdin ? await passwordFromStdin(context) : options.password;
    const credential = await complete(context, { username, password });
    await report(context, await engine.login(server, credential, { plaintext, signal }));
  },
});

async function passwordFromStdin({ io }: CommandContext): Promise<string> {
  const bytes = await collectBytes(io.stdin.stream({ signal: io.signal }), longestPassword);
  return bytes.toString('utf8').replace(/\r?\n$/, '');
}

/** Asks for what is missing. */
async function complete(
  context: CommandContext,
  { username, password }: { username: string | undefined; password: string | undefined },
): Promise<{ username: string; password: string }> {
  if (username && password) return { username, password };
  if (!context.io.stdin.isTerminal) {
    throw new CliError('Error: Cannot perform an interactive login from a non TTY device');
  }
  await using prompt = openPrompt(context);
  const name = username || (await prompt.ask('Username: '))?.trim();
  if (!name) throw new CliError('username is required');
  const secret = password || (await prompt.ask('Password: ', { secret: true }));
  if (!secret) throw new CliError('password is required');
  return { username: name, password: secret };
}

async function report(context: CommandContext, { status, place }: LoginReport): Promise<void> {
  if (place.kind === 'plain') {
    await context.warn(
      `\nWARNING! Your credentials are stored unencrypted in '${place.where}'.\n` +
        'Configure a credential helper to remove this warning. See\n' +
        'https://docs.docker.com/go/credential-store/\n',
    );
  } else if (place.kind === 'sealed' && context.io.stdout.isTerminal) {
    await context.print(context.say(sealed, place.where));
  }
  await context.print(status);
}
