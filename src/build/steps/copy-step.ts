import type { Expand } from '../../dockerfile/config/apply-step.ts';
import { at, atAsync } from '../../dockerfile/source/read-source.ts';
import type { CopyStep } from '../../dockerfile/parse/steps.ts';
import type { LayerView } from '../../layers/layer-view.ts';
import type { LowerDirectory } from '../../layers/lower-view.ts';
import type { TarTime } from '../../tar/entry.ts';
import type { BuildRun } from '../build-run.ts';
import { unsupportedStep, type StepPlace } from '../step-place.ts';
import { cacheKey } from '../cache.ts';
import { patternSet } from '../context/patterns.ts';
import { copyContentKey, writeCopyLayer } from '../copy/copy-layer.ts';
import { parseFileMode } from '../copy/file-mode.ts';
import { findSources } from '../copy/find-sources.ts';
import { planCopy, type CopyPlan, type CopyRequest } from '../copy/plan-copy.ts';
import { joinPath } from '../tree/paths.ts';
import { archiveMembers } from '../add/archive-members.ts';
import { isArchive } from '../add/local-archive.ts';
import type { ByteString } from '../../base/byte-string.ts';
import type { ByteStream } from '../../base/streams.ts';
import { withStep, type StageState } from '../stage-state.ts';
import { filteredDirectory } from '../tree/filtered-directory.ts';
import { ownerInTree } from '../tree/owner-in-tree.ts';
import { clampedTime } from '../clamped-time.ts';
import { copyText, expandedWords, type CopyWords } from './copy-words.ts';
import { cachedLayer, storeLayer } from './layer-step.ts';

/** COPY, and ADD of what lies in the context. */
export async function copyStep(
  run: BuildRun,
  state: StageState,
  step: CopyStep,
  place: StepPlace,
  expand: Expand,
): Promise<StageState> {
  const words = at(step.range, () => expandedWords(step, state, expand));
  const { diffId } = await run.progress.step(place.label + step.line, async () =>
    atAsync(step.range, async () => {
      using from = await openSource(run, step, place);
      using base = run.layers.openView(state.diffIds);
      const owner = ownerOf(step, words, base);
      const archives =
        step.kind === 'add' && step.unpack !== false
          ? await findArchives(from, words.sources)
          : new Set<ByteString>();
      const plan = planOf(state, step, words, { from, base, owner, archives });
      const { signal } = run.request;
      /** The stream of what is unpacked, with what times it has. */
      const unpacked = (archiveTime: (time: TarTime) => TarTime): { archives: ByteStream } | undefined =>
        plan.archives.length === 0
          ? undefined
          : {
              archives: allMembers(plan.archives, base, {
                owner: words.chown === '' ? undefined : owner,
                timeOf: archiveTime,
                signal,
              }),
            };
      const content = await copyContentKey(plan.files, { signal, ...unpacked((time) => time) });
      const timeOf = clampedTime(run.epoch, step.from !== undefined);
      return await cachedLayer(
        run,
        place.stage,
        { key: cacheKey('copy', content, run.epoch ?? null), description: step.line },
        async () => {
          if (plan.files.length === 0 && plan.archives.length === 0) return undefined;
          const older = clampedTime(run.epoch, true);
          return await storeLayer(
            run,
            writeCopyLayer(plan.files, { timeOf, signal, lend: true, ...unpacked(older) }),
          );
        },
      );
    }),
  );
  const createdBy = `${step.kind.toUpperCase()} ${copyText(step, words)} # buildkit`;
  return withStep(state, { createdBy, created: run.created }, { diffId });
}

/** The tree that a step copies from. */
async function openSource(run: BuildRun, step: CopyStep, { stage }: StepPlace): Promise<LayerView> {
  const remote =
    step.kind === 'add'
      ? step.sources.find((source) => /^(https?|git|ssh):\/\/|^git@/.test(source))
      : undefined;
  if (remote !== undefined) {
    throw unsupportedStep(`ADD of ${remote} is not supported yet`, 'Fetch it before the build, or in a RUN.');
  }
  if (step.from === undefined) {
    const view = run.request.context.open();
    return {
      ...filteredDirectory(view, run.request.context.ignore),
      [Symbol.dispose]: () => view[Symbol.dispose](),
    };
  }
  const earlier = run.stage(step.from, stage);
  const diffIds = earlier === undefined ? await run.imageLayers(step.from) : (await earlier).diffIds;
  return run.layers.openView(diffIds);
}

/** Undefined keeps the owners of the sources; what comes from a context belongs to root. */
function ownerOf(step: CopyStep, { chown }: CopyWords, base: LowerDirectory): Owner | undefined {
  if (chown !== '') return ownerInTree(base, chown);
  return step.from === undefined ? { uid: 0, gid: 0 } : undefined;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The sources that ADD unpacks, by the paths that they are found at. */
async function findArchives(from: LowerDirectory, sources: readonly string[]): Promise<Set<ByteString>> {
  const found = new Set<ByteString>();
  for (const { path, entry } of sources.flatMap((source) => findSources(from, source))) {
    if (await isArchive(entry)) found.add(joinPath(path));
  }
  return found;
}

async function* allMembers(
  archives: CopyPlan['archives'],
  base: LowerDirectory,
  {
    owner,
    timeOf,
    signal,
  }: { owner: Owner | undefined; timeOf: (time: TarTime) => TarTime; signal: AbortSignal | undefined },
): ByteStream {
  for (const archive of archives) yield* archiveMembers({ ...archive, owner }, base, timeOf, signal);
}

function planOf(
  state: StageState,
  step: CopyStep,
  words: CopyWords,
  around: Pick<CopyRequest, 'from' | 'base' | 'owner'> & { archives: ReadonlySet<ByteString> },
): CopyPlan {
  const { WorkingDir = '/' } = state.config;
  const { destination } = words;
  const absolute = destination.startsWith('/') ? destination : `${WorkingDir}/${destination}`;
  // `.` and `..` name directories, as a slash at the end does.
  const isFolder = /(^|\/)\.{0,2}$/.test(destination);
  return planCopy({
    ...around,
    sources: words.sources,
    files: words.files,
    destination: isFolder ? `${absolute}/` : absolute,
    chmod: words.chmod === '' ? undefined : parseFileMode(words.chmod),
    excludes: patternSet(step.excludes),
    parents: step.parents,
  });
}
