import { between } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { CliError } from '../../errors/cli-error.ts';

interface Published {
  /** `80/tcp` */
  readonly port: string;
  /** `0.0.0.0:8080` */
  readonly host: string;
}

export const command: Command = defineCommand({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  summary: {
    en: 'List port mappings or a specific mapping for the container',
    zh: '列出容器的端口映射，或其中一个端口的映射',
  },
  examples: [
    {
      command: 'lamella port web 80',
      note: { en: 'Where its port 80 is to be reached', zh: '查看其 80 端口在主机上的地址' },
    },
  ],
  arity: between(1, 2),
  completion: 'running-container',
  options: {},
  async run({ args, context }) {
    const [container = '', wanted] = args;
    const all = publishedPorts(await (await context.containers()).inspect(container));
    if (wanted === undefined) {
      const lines = all.map(({ port, host }) => `${port} -> ${host}\n`);
      await context.io.stdout.write(lines.join(''));
      return;
    }
    const [number = '', protocol = 'tcp'] = wanted.split('/');
    if (!/^\d+$/.test(number)) {
      throw new CliError(
        `Error: invalid port (${number}): strconv.ParseUint: parsing ${JSON.stringify(number)}: invalid syntax`,
      );
    }
    const found = all.filter(({ port }) => port === `${Number(number)}/${protocol}`);
    if (found.length === 0) {
      throw new CliError(`Error: No public port '${wanted}' published for ${container}`);
    }
    await context.print(found.map(({ host }) => host).join('\n'));
  },
});

function publishedPorts(inspected: object): Published[] {
  const { NetworkSettings } = inspected as {
    NetworkSettings?: { Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> };
  };
  return Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => ({
      port,
      host: `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`,
    })),
  );
}
