import { displayByteString, toByteString, type ByteString } from '../../base/byte-string.ts';
import { LamellaError } from '../../base/errors.ts';
import type { LowerDirectory, LowerEntry } from '../../layers/lower-view.ts';
import type { PatternSet } from '../context/patterns.ts';
import { isDirectory, resolvePath, treeOf, type Tree } from '../tree/find-entry.ts';
import { componentsOf, joinPath } from '../tree/paths.ts';
import type { ModeChange } from './file-mode.ts';
import { findSources, type FoundSource } from './find-sources.ts';
import { unpackedType } from './member-type.ts';

export interface CopyRequest {
  /** Where the sources are. */
  readonly from: LowerDirectory;
  readonly sources: readonly string[];
  /** Here-documents: files by name. */
  readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
  /** Absolute; a slash at its end says that it is a directory. */
  readonly destination: string;
  /** What the copy goes on top of. */
  readonly base: LowerDirectory;
  /** Of all that is copied or made on the way; undefined keeps the owners of the sources. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly chmod: ModeChange | undefined;
  readonly excludes: PatternSet;
  /** Keep the directories of the sources, from the last `/./` on. */
  readonly parents: boolean;
  /** Sources, by the path that they were found at, that are unpacked instead of copied. */
  readonly archives?: ReadonlySet<ByteString>;
}

export interface CopyPlan {
  /** Sorted byte-wise, so that a directory comes before what is in it. */
  readonly files: readonly PlannedFile[];
  readonly archives: readonly { readonly entry: LowerEntry; readonly destination: readonly ByteString[] }[];
}

/** A file that the layer will hold. */
export interface PlannedFile {
  readonly path: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Looks up what it is a copy of; undefined for a directory made on the way, and for a here-document. */
  readonly entry: (() => LowerEntry | undefined) | undefined;
  readonly content: Uint8Array | undefined;
}

const S_IFMT = 0o170000;
const directoryMode = 0o040755;

/**
 * What COPY puts into its layer, by BuildKit's rules: of a directory the content is copied, of anything else the file, into
 * the destination where that is a directory. The base's own directories on the way are among it, as they are.
 *
 * @throws LamellaError not-found `copy-source-not-found`, invalid `copy-onto-file`, `copy-onto-directory`
 */
export function planCopy(request: CopyRequest): CopyPlan {
  const found = request.sources.flatMap((source) => {
    const pivot = source.lastIndexOf('/./');
    const kept = request.parents ? componentsOf(pivot < 0 ? source : source.slice(pivot + 2)) : undefined;
    return findSources(request.from, source).map((each) => ({
      ...each,
      // With --parents a pattern keeps as many components as it was written with.
      parents: kept === undefined ? [] : each.path.slice(each.path.length - kept.length, -1),
    }));
  });
  const plan = createPlan(request);
  const isFolder = request.destination.endsWith('/') || request.parents;
  const destination = componentsOf(request.destination);
  const archives: CopyPlan['archives'][number][] = [];
  for (const source of found) {
    if (request.archives?.has(joinPath(source.path)) === true) {
      archives.push({ entry: source.entry, destination: plan.makeFolder(destination) });
      continue;
    }
    const excluded = request.excludes.excludes(displayByteString(source.path.at(-1) ?? ('' as ByteString)));
    if (excluded && !isDirectory(source.entry)) continue;
    plan.copy(source, [...destination, ...source.parents], isFolder);
  }
  for (const { name, content } of request.files) {
    plan.write(targetOf(plan, destination, toByteString(name), isFolder), content);
  }
  return { files: plan.files(), archives };
}

interface Plan extends Tree {
  copy(
    source: FoundSource & { parents: readonly ByteString[] },
    destination: readonly ByteString[],
    isFolder: boolean,
  ): void;
  write(target: readonly ByteString[], content: Uint8Array): void;
  /** Makes a directory, links followed, and gives the place where it is then. */
  makeFolder(path: readonly ByteString[]): readonly ByteString[];
  /** Whether the path, links followed, is a directory by now. */
  isFolder(path: readonly ByteString[]): boolean;
  files(): PlannedFile[];
}

function targetOf(
  plan: Pick<Plan, 'isFolder'>,
  destination: readonly ByteString[],
  name: ByteString,
  isFolder: boolean,
): readonly ByteString[] {
  return isFolder || plan.isFolder(destination) ? [...destination, name] : destination;
}

function createPlan(request: CopyRequest): Plan {
  const { owner, chmod, excludes } = request;
  const base = treeOf(request.base);
  const planned = new Map<ByteString, PlannedFile>();

  const modeOf = (mode: number, isMade: boolean): number => {
    const type = mode & S_IFMT;
    if (chmod === undefined || type === 0o120000 || (isMade && !chmod.isWhole)) return mode;
    return type | chmod.of(mode & 0o7777, type === 0o040000);
  };
  const ownerOf = (entry: LowerEntry | undefined): { uid: number; gid: number } =>
    owner ?? { uid: entry?.status.uid ?? 0, gid: entry?.status.gid ?? 0 };

  function add(
    path: ByteString,
    mode: number,
    {
      entry,
      find,
      content,
    }: { entry?: LowerEntry; find?: () => LowerEntry | undefined; content?: Uint8Array } = {},
  ): void {
    planned.set(path, {
      path,
      mode: modeOf(mode, entry === undefined && content === undefined),
      ...ownerOf(entry),
      entry: find,
      content,
    });
  }

  const tree: Tree = {
    lookup(parts) {
      const file = planned.get(joinPath(parts));
      if (file === undefined) return base.lookup(parts);
      return file.entry?.() ?? base.lookup(parts);
    },
  };

  /** Of the file itself, not of what it may link to. */
  function kindOf(parts: readonly ByteString[]): 'directory' | 'file' | undefined {
    if (parts.length === 0) return 'directory';
    const own = planned.get(joinPath(parts));
    if (own !== undefined) return (own.mode & S_IFMT) === 0o040000 ? 'directory' : 'file';
    const entry = base.lookup(parts);
    if (entry === undefined) return undefined;
    return isDirectory(entry) ? 'directory' : 'file';
  }

  /** Makes the directories that are missing on the way to `parts`, and `parts` itself. */
  function makeFolder(parts: readonly ByteString[]): void {
    for (let length = 1; length <= parts.length; length += 1) {
      const path = parts.slice(0, length);
      const kind = kindOf(path);
      if (kind === 'file') throw ontoFile(path);
      if (kind === undefined) add(joinPath(path), directoryMode);
    }
  }

  /** @param find finds the entry again: to keep all of a large context would take more memory than their names */
  function put(target: readonly ByteString[], entry: LowerEntry, find: () => LowerEntry | undefined): void {
    const kind = kindOf(target);
    const isFolder = entry.directory !== undefined;
    if (isFolder && kind === 'file') throw ontoFile(target);
    if (!isFolder && kind === 'directory') throw ontoDirectory(target);
    if (unpackedType(entry.status.mode) !== undefined) {
      add(joinPath(target), entry.status.mode, { entry, find });
    }
  }

  function copyContent(directory: LowerDirectory, target: readonly ByteString[], prefix: string): void {
    for (const name of directory.names()) {
      const path = prefix + displayByteString(name);
      const entry = directory.lookup(name);
      if (entry === undefined) continue;
      const excluded = excludes.excludes(path);
      if (excluded && (entry.directory === undefined || !excludes.mayHoldExceptions(path))) continue;
      const inner = [...target, name];
      put(inner, entry, () => directory.lookup(name));
      if (entry.directory !== undefined) copyContent(entry.directory, inner, `${path}/`);
    }
  }

  /**
   * The base's directories on the way to what is planned, as they are: a layer that left them out would give them root and
   * 0755 wherever layers are stacked.
   */
  function ancestors(): PlannedFile[] {
    const found = new Map<ByteString, PlannedFile>();
    for (const path of planned.keys()) {
      const parts = path.split('/') as ByteString[];
      for (let length = parts.length - 1; length > 0; length -= 1) {
        const above = parts.slice(0, length);
        const name = joinPath(above);
        if (planned.has(name) || found.has(name)) break;
        const entry = base.lookup(above);
        if (entry === undefined) throw new Error(`/${name} is neither planned nor there`);
        const { mode, uid, gid } = entry.status;
        found.set(name, { path: name, mode, uid, gid, entry: () => entry, content: undefined });
      }
    }
    return [...found.values()];
  }

  return {
    ...tree,
    makeFolder(path) {
      const resolved = resolvePath(tree, path);
      makeFolder(resolved);
      return resolved;
    },
    isFolder: (path) => kindOf(resolvePath(tree, path)) === 'directory',
    copy({ path, entry }, destination, isFolder) {
      if (entry.directory !== undefined) {
        const name = path.at(-1);
        const asked = request.parents && name !== undefined ? [...destination, name] : destination;
        const folder = resolvePath(tree, asked);
        makeFolder(folder);
        copyContent(entry.directory, folder, '');
        return;
      }
      const target = targetOf(this, destination, path.at(-1) ?? ('' as ByteString), isFolder);
      const resolved = resolvePath(tree, target);
      makeFolder(resolved.slice(0, -1));
      put(resolved, entry, () => entry);
    },
    write(target, content) {
      const resolved = resolvePath(tree, target);
      makeFolder(resolved.slice(0, -1));
      if (kindOf(resolved) === 'directory') throw ontoDirectory(resolved);
      add(joinPath(resolved), 0o100644, { content });
    },
    files: () => [...planned.values(), ...ancestors()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function ontoFile(parts: readonly ByteString[]): LamellaError {
  return new LamellaError('invalid', `cannot copy to non-directory: /${displayByteString(joinPath(parts))}`, {
    code: 'copy-onto-file',
  });
}

function ontoDirectory(parts: readonly ByteString[]): LamellaError {
  const path = displayByteString(joinPath(parts));
  return new LamellaError('invalid', `cannot replace to directory /${path} with file`, {
    code: 'copy-onto-directory',
  });
}
