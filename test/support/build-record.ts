import { createHash } from 'node:crypto';
import { displayByteString } from '../../src/base/byte-string.ts';
import { collectBytes, streamOf, type ByteStream } from '../../src/base/streams.ts';
import { readTar } from '../../src/tar/read-tar.ts';

/** What came of a build: what is in the image, or the last line of its error. */
export type RecordedBuild =
  | { readonly error: string }
  | { readonly tree: readonly string[]; readonly config: Readonly<Record<string, unknown>> };

/** One line for each file: type, mode, owner, path, and content or target. */
export async function treeOfTar(bytes: Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  const contents = new Map<string, string>();
  for await (const { entry, content } of readTar(streamOf(bytes))) {
    const path = displayByteString(entry.path)
      .replace(/^\.?\//, '')
      .replace(/\/$/, '');
    const target = displayByteString(entry.linkPath).replace(/^\//, '');
    let what = '';
    if (entry.type === 'symlink') what = ` -> ${displayByteString(entry.linkPath)}`;
    else if (entry.type === 'hardlink') what = contents.get(target) ?? '?';
    else if (entry.type === 'file') what = await shortHash(content);
    contents.set(path, what);
    const type = entry.type === 'hardlink' ? 'file' : entry.type;
    if (path !== '') lines.push(`${type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid} ${path}${what}`);
  }
  return lines.sort();
}

async function shortHash(content: ByteStream): Promise<string> {
  const bytes = await collectBytes(content, 1 << 20);
  return ` ${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`;
}

const kept = ['Env', 'Cmd', 'Entrypoint', 'WorkingDir', 'User', 'ExposedPorts', 'Volumes', 'Labels'].concat([
  'Shell',
  'StopSignal',
  'Healthcheck',
  'OnBuild',
]);

/** The parts of `inspect` that a Dockerfile decides. */
export function recordedConfig(inspected: Record<string, unknown>): Record<string, unknown> {
  const config = (inspected['Config'] ?? {}) as Record<string, unknown>;
  const parts = kept.flatMap((name) => {
    const value = config[name];
    const isEmpty = value === null || value === undefined || value === '' || Object.keys(value).length === 0;
    return typeof value === 'string' && value !== '' ? [[name, value]] : isEmpty ? [] : [[name, value]];
  });
  const author = inspected['Author'];
  return Object.fromEntries(author === undefined || author === '' ? parts : [...parts, ['Author', author]]);
}
