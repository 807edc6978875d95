import type { EngineEvent } from '../../../engine/ports/system-engine.ts';
import { eventMessageType } from '../../api-types/event-message.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { rfc3339Nano } from '../../output/local-time.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { TemplateError } from '../../template/template-error.ts';
import { compileTemplate } from '../../template/template.ts';
import { listFilter, plainFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Get real time events of the store', zh: '实时显示存储中的事件' },
  examples: [
    {
      command: 'lamella events --since 10m --until 0s',
      note: { en: 'What the last ten minutes have brought', zh: '查看最近十分钟发生的事件' },
    },
    {
      command: "lamella events --filter event=die --format '{{.Actor.Attributes.name}}'",
      note: { en: 'The names of containers as they end', zh: '容器结束时输出其名称' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    filter: listFilter(),
    format: plainFormat(),
    since: text({ en: 'Show all events created since timestamp', zh: '显示该时间之后的所有事件' }),
    until: text({ en: 'Stream events until this timestamp', zh: '持续显示事件，直到该时间为止' }),
  },
  async run({ options, context }) {
    const format = formatter(context.json ? 'json' : options.format);
    const events = (await context.system()).events({
      since: options.since,
      until: options.until,
      filters: options.filter,
      signal: context.io.signal,
    });
    for await (const event of events) await context.print(format(event));
  },
});

function formatter(format: string | undefined): (event: EngineEvent) => string {
  if (format === undefined || format === '') return eventLine;
  try {
    const template = compileTemplate(format === 'json' ? '{{json .}}' : format);
    return (event) => executed(() => template.execute({ type: eventMessageType, value: event }));
  } catch (error) {
    throw wrongTemplate(error);
  }
}

function executed(execute: () => string): string {
  try {
    return execute();
  } catch (error) {
    throw wrongTemplate(error);
  }
}

function wrongTemplate(error: unknown): unknown {
  if (!(error instanceof TemplateError)) return error;
  return new CliError(`Error parsing format: ${error.message}`, { exitCode: 64 });
}

/** docker/cli prettyPrintEvent. */
function eventLine({ Type, Action, Actor, timeNano }: EngineEvent): string {
  const attributes = Object.entries(Actor.Attributes)
    .map(([key, value]) => escapeControl(`${key}=${value}`))
    .toSorted();
  return [
    rfc3339Nano(timeNano),
    Type,
    escapeControl(Action),
    Actor.ID,
    ...(attributes.length > 0 ? [`(${attributes.join(', ')})`] : []),
  ].join(' ');
}
