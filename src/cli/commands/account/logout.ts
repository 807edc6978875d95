import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { escapeControl } from '../../table/escape-control.ts';

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
    const host = server === undefined ? hub : escapeControl(hostOf(server));
    const wasKnown = await engine.logout(server);
    await context.print(wasKnown ? `Removing login credentials for ${host}` : `Not logged in to ${host}`);
  },
});

/** `https://reg.example/v2/` is `reg.example`. */
function hostOf(server: string): string {
  return server.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? '';
}
