import type { MirrorProblem, MirrorTest } from '../../../engine/ports/registry-engine.ts';
import type { Text } from '../../languages/text.ts';
import type { CommandContext } from '../../output/context.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { humanSize } from '../../table/units.ts';

type TextName = 'works' | 'fails' | 'latency' | 'speed' | 'current' | 'stale' | 'unknown' | 'use';

const texts: Readonly<Record<TextName, Text>> = {
  works: { en: '%s works as a mirror of %s', zh: '%s 可以用作 %s 的镜像加速' },
  fails: { en: '%s does not work as a mirror of %s', zh: '%s 不能用作 %s 的镜像加速' },
  latency: { en: ' Answers in: %s ms', zh: ' 响应时间：%s 毫秒' },
  speed: { en: ' Speed: %s/s', zh: ' 速度：%s/s' },
  current: { en: ' %s: the same as at %s (%s)', zh: ' %s：与 %s 一致（%s）' },
  stale: {
    en: ' %s: another one than at %s now (%s): it may be hours or days behind',
    zh: ' %s：与 %s 当前的不一致（%s），可能滞后数小时或数天',
  },
  unknown: {
    en: ' %s: there (%s); %s itself could not be asked for comparison',
    zh: ' %s：有（%s）；无法连接 %s 进行比较',
  },
  use: { en: 'Use it: lamella mirror set %s', zh: '启用：lamella mirror set %s' },
};

const advice: Readonly<Record<MirrorProblem, Text>> = {
  unreachable: {
    en: 'It cannot be reached. Is the address right, and does a proxy or firewall stand in between?',
    zh: '无法连接。请检查地址是否正确，以及是否需要代理或被防火墙拦截。',
  },
  certificate: {
    en: 'Its certificate is not to be trusted. If it is your own server, put its authority into /etc/lamella/certs.d/HOST/ca.crt.',
    zh: '证书不可信。如果是自建服务器，请把 CA 证书放到 /etc/lamella/certs.d/HOST/ca.crt。',
  },
  'not-a-registry': {
    en: 'What answers is no registry: a web page, or a network that wants you to log in first.',
    zh: '应答的不是镜像仓库：可能是普通网页，或当前网络需要先登录认证。',
  },
  refused: {
    en: 'It lets you in only with a login (lamella login HOST), or not at all: many public mirrors have closed.',
    zh: '需要登录（lamella login HOST）才能使用，或已停止对外服务：许多公共加速地址已关闭。',
  },
  limited: {
    en: 'It has had too many requests from here. Try again later, or take another one.',
    zh: '请求过多，已被限流。请稍后再试，或换一个地址。',
  },
  'no-image': {
    en: 'It is a registry, but does not fetch images of the other one. A mirror may need a path: https://HOST/PATH or https://HOST/v2/PROJECT',
    zh: '它是镜像仓库，但没有该镜像。有些加速地址需要带路径：https://HOST/PATH 或 https://HOST/v2/PROJECT',
  },
  'wrong-content': {
    en: 'It sends other bytes than it says. Pulls would notice and ask the next server; better do not use it.',
    zh: '内容与摘要不符。拉取时会发现并改用下一个地址，但不建议使用。',
  },
};

/** The lines that tell how a mirror has done, and where it does not work what to do about it. */
export function formatMirrorTest(
  { url, registry, ...result }: MirrorTest,
  { say }: Pick<CommandContext, 'say'>,
): string[] {
  if (!result.works) {
    return [
      `${say(texts.fails, url, registry)}${result.reason === undefined ? '' : `: ${escapeControl(result.reason)}`}`,
      ...(result.problem === undefined ? [] : [` ${say(advice[result.problem])}`]),
    ];
  }
  const lines = [say(texts.works, url, registry)];
  if (result.latency !== undefined) lines.push(say(texts.latency, String(result.latency)));
  if (result.speed !== undefined) lines.push(say(texts.speed, humanSize(result.speed, 3)));
  if (result.image !== undefined) {
    const digest = result.digest?.slice(0, 'sha256:'.length + 12) ?? '';
    lines.push(
      result.isCurrent === undefined
        ? say(texts.unknown, result.image, digest, registry)
        : say(result.isCurrent ? texts.current : texts.stale, result.image, registry, digest),
    );
  }
  return lines;
}

/** The command that makes these the mirrors of their registry, in this order. */
export function formatAdvice(best: readonly MirrorTest[], { say }: Pick<CommandContext, 'say'>): string {
  const registry = best[0]?.registry ?? 'docker.io';
  const urls = best.map(({ url }) => url).join(' ');
  return say(texts.use, registry === 'docker.io' ? urls : `${registry} ${urls}`);
}
