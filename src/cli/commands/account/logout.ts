import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';

/** As Docker calls its own registry when it logs out of it. */
const hub = 'https://index.docker.io/v1/';

export const command: Command = defineCommand({
  usage: '[SERVER]',
  summary: {
    en: 'Log out from a registry; from Docker Hub when none is named',
    zh: '退出登录（未指定时为 Docker Hub）',
  },
  examples: [
    {
      command: 'lamella logout registry.example.com:5000',
      note: { en: 'Forgets the password everywhere it was kept', zh: '从所有保存位置删除密码' },
    },
  ],
  arity: atMost(1),
  completion: 'none',
  options: {},
  async run({ args: [server], context }) {
    const engine = await context.registry();
    await context.print(`Removing login credentials for ${server ?? hub}`);
    await engine.logout(server);
  },
});
