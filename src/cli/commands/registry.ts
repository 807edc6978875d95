import type { Command } from '../arguments/command.ts';
import type { Text } from '../languages/text.ts';

/** A command by its names; its code is loaded when it is needed. */
export interface CommandEntry {
  /** All names it answers to, each as typed: `image ls`, `image list`, `images`. The first is the full one. */
  readonly names: readonly string[];
  /** Name it has in the overview, such as `images`; undefined keeps it out of there. */
  readonly top?: string;
  readonly common?: boolean;
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** A word that gathers commands: `lamella image …`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: Text;
}

export const groups: readonly CommandGroup[] = [
  { name: 'container', summary: { en: 'Manage containers', zh: '管理容器' } },
  { name: 'image', summary: { en: 'Manage images', zh: '管理镜像' } },
  { name: 'mirror', summary: { en: 'Manage the mirrors of registries', zh: '管理镜像加速' } },
  { name: 'manifest', summary: { en: 'Look at manifests of registries', zh: '查看仓库中的镜像清单' } },
  { name: 'network', summary: { en: 'Manage networks', zh: '管理网络' } },
  { name: 'volume', summary: { en: 'Manage volumes', zh: '管理卷' } },
  { name: 'generate', summary: { en: 'Write files for other programs', zh: '为其他程序生成文件' } },
  { name: 'system', summary: { en: 'Manage Lamella', zh: '管理 Lamella' } },
];

export const commands: readonly CommandEntry[] = [
  {
    names: ['container run', 'run'],
    top: 'run',
    common: true,
    load: async () => (await import('./container/run.ts')).command,
  },
  {
    names: ['container exec', 'exec'],
    top: 'exec',
    common: true,
    load: async () => (await import('./container/exec.ts')).command,
  },
  {
    names: ['container ls', 'container list', 'container ps', 'ps'],
    top: 'ps',
    common: true,
    load: async () => (await import('./container/list.ts')).command,
  },
  {
    names: ['image ls', 'image list', 'images'],
    top: 'images',
    common: true,
    load: async () => (await import('./image/list.ts')).command,
  },
  {
    names: ['image pull', 'pull'],
    top: 'pull',
    common: true,
    load: async () => (await import('./image/pull.ts')).command,
  },
  {
    names: ['image push', 'push'],
    top: 'push',
    common: true,
    load: async () => (await import('./image/push.ts')).command,
  },
  {
    names: ['login'],
    top: 'login',
    common: true,
    load: async () => (await import('./account/login.ts')).command,
  },
  {
    names: ['logout'],
    top: 'logout',
    common: true,
    load: async () => (await import('./account/logout.ts')).command,
  },
  {
    names: ['search'],
    top: 'search',
    common: true,
    load: async () => (await import('./image/search.ts')).command,
  },
  {
    names: ['image import', 'import'],
    top: 'import',
    common: true,
    load: async () => (await import('./image/import.ts')).command,
  },
  {
    names: ['image load', 'load'],
    top: 'load',
    common: true,
    load: async () => (await import('./image/load.ts')).command,
  },
  {
    names: ['image save', 'save'],
    top: 'save',
    common: true,
    load: async () => (await import('./image/save.ts')).command,
  },
  {
    names: ['undo'],
    top: 'undo',
    common: true,
    load: async () => (await import('./image/undo.ts')).command,
  },
  {
    names: ['version', 'system version'],
    top: 'version',
    common: true,
    load: async () => (await import('./system/version.ts')).command,
  },
  {
    names: ['system info', 'info'],
    top: 'info',
    common: true,
    load: async () => (await import('./system/info.ts')).command,
  },
  {
    names: ['image history', 'history'],
    top: 'history',
    load: async () => (await import('./image/history.ts')).command,
  },
  { names: ['image tag', 'tag'], top: 'tag', load: async () => (await import('./image/tag.ts')).command },
  {
    names: ['image rm', 'image remove', 'rmi'],
    top: 'rmi',
    load: async () => (await import('./image/remove.ts')).command,
  },
  { names: ['image tags', 'tags'], top: 'tags', load: async () => (await import('./image/tags.ts')).command },
  { names: ['image copy', 'copy'], top: 'copy', load: async () => (await import('./image/copy.ts')).command },
  {
    names: ['manifest inspect'],
    load: async () => (await import('./image/manifest-inspect.ts')).command,
  },
  { names: ['image inspect'], load: async () => (await import('./image/inspect.ts')).command },
  { names: ['image prune'], load: async () => (await import('./image/prune.ts')).command },
  { names: ['inspect'], top: 'inspect', load: async () => (await import('./system/inspect.ts')).command },
  {
    names: ['image build', 'build', 'builder build', 'buildx build'],
    top: 'build',
    common: true,
    load: async () => (await import('./build/build.ts')).command,
  },
  {
    names: ['container commit', 'commit'],
    top: 'commit',
    load: async () => (await import('./container/commit.ts')).command,
  },
  {
    names: ['container create', 'create'],
    top: 'create',
    load: async () => (await import('./container/create.ts')).command,
  },
  {
    names: ['container start', 'start'],
    top: 'start',
    load: async () => (await import('./container/start.ts')).command,
  },
  {
    names: ['container stop', 'stop'],
    top: 'stop',
    load: async () => (await import('./container/stop.ts')).command,
  },
  {
    names: ['container restart', 'restart'],
    top: 'restart',
    load: async () => (await import('./container/restart.ts')).command,
  },
  {
    names: ['container kill', 'kill'],
    top: 'kill',
    load: async () => (await import('./container/kill.ts')).command,
  },
  {
    names: ['container rm', 'container remove', 'rm'],
    top: 'rm',
    load: async () => (await import('./container/remove.ts')).command,
  },
  {
    names: ['container pause', 'pause'],
    top: 'pause',
    load: async () => (await import('./container/pause.ts')).command,
  },
  {
    names: ['container unpause', 'unpause'],
    top: 'unpause',
    load: async () => (await import('./container/unpause.ts')).command,
  },
  {
    names: ['container update', 'update'],
    top: 'update',
    load: async () => (await import('./container/update.ts')).command,
  },
  {
    names: ['container top', 'top'],
    top: 'top',
    load: async () => (await import('./container/top.ts')).command,
  },
  {
    names: ['container stats', 'stats'],
    top: 'stats',
    load: async () => (await import('./container/stats.ts')).command,
  },
  {
    names: ['container rename', 'rename'],
    top: 'rename',
    load: async () => (await import('./container/rename.ts')).command,
  },
  {
    names: ['container wait', 'wait'],
    top: 'wait',
    load: async () => (await import('./container/wait.ts')).command,
  },
  {
    names: ['container logs', 'logs'],
    top: 'logs',
    load: async () => (await import('./container/logs.ts')).command,
  },
  {
    names: ['container attach', 'attach'],
    top: 'attach',
    load: async () => (await import('./container/attach.ts')).command,
  },
  {
    names: ['container cp', 'cp'],
    top: 'cp',
    load: async () => (await import('./container/copy.ts')).command,
  },
  {
    names: ['container diff', 'diff'],
    top: 'diff',
    load: async () => (await import('./container/diff.ts')).command,
  },
  {
    names: ['container export', 'export'],
    top: 'export',
    load: async () => (await import('./container/export.ts')).command,
  },
  { names: ['container inspect'], load: async () => (await import('./container/inspect.ts')).command },
  { names: ['container prune'], load: async () => (await import('./container/prune.ts')).command },
  {
    names: ['container port', 'port'],
    top: 'port',
    load: async () => (await import('./container/port.ts')).command,
  },
  { names: ['network create'], load: async () => (await import('./network/create.ts')).command },
  { names: ['network ls', 'network list'], load: async () => (await import('./network/list.ts')).command },
  { names: ['network inspect'], load: async () => (await import('./network/inspect.ts')).command },
  { names: ['network connect'], load: async () => (await import('./network/connect.ts')).command },
  { names: ['network disconnect'], load: async () => (await import('./network/disconnect.ts')).command },
  {
    names: ['network rm', 'network remove'],
    load: async () => (await import('./network/remove.ts')).command,
  },
  { names: ['network prune'], load: async () => (await import('./network/prune.ts')).command },
  { names: ['volume create'], load: async () => (await import('./volume/create.ts')).command },
  { names: ['volume ls', 'volume list'], load: async () => (await import('./volume/list.ts')).command },
  { names: ['volume inspect'], load: async () => (await import('./volume/inspect.ts')).command },
  { names: ['volume rm', 'volume remove'], load: async () => (await import('./volume/remove.ts')).command },
  { names: ['volume prune'], load: async () => (await import('./volume/prune.ts')).command },
  { names: ['mirror ls', 'mirror list'], load: async () => (await import('./mirror/list.ts')).command },
  { names: ['mirror set'], load: async () => (await import('./mirror/set.ts')).command },
  { names: ['mirror test'], load: async () => (await import('./mirror/test.ts')).command },
  {
    names: ['system events', 'events'],
    top: 'events',
    load: async () => (await import('./system/events.ts')).command,
  },
  { names: ['system prune'], load: async () => (await import('./system/prune.ts')).command },
  { names: ['system df'], load: async () => (await import('./system/disk-usage.ts')).command },
  {
    names: ['system start-containers'],
    load: async () => (await import('./system/start-containers.ts')).command,
  },
  {
    names: ['system stop-containers'],
    load: async () => (await import('./system/stop-containers.ts')).command,
  },
  { names: ['generate systemd'], load: async () => (await import('./generate/systemd.ts')).command },
  { names: ['system check'], load: async () => (await import('./system/check.ts')).command },
  {
    names: ['completion'],
    top: 'completion',
    load: async () => (await import('./system/completion.ts')).command,
  },
  { names: ['__complete'], hidden: true, load: async () => (await import('./system/complete.ts')).command },
];

/** The command that the words begin with, and how many of them name it. */
export function findCommand(
  words: readonly string[],
): { entry: CommandEntry; name: string; length: number } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const entry = words.length >= length ? commands.find(({ names }) => names.includes(name)) : undefined;
    if (entry !== undefined) return { entry, name, length };
  }
  return undefined;
}
