import type { Expand } from '../../dockerfile/config/apply-step.ts';
import { heredocText } from '../../dockerfile/source/heredoc.ts';
import { at } from '../../dockerfile/source/read-source.ts';
import type { CopyStep } from '../../dockerfile/parse/steps.ts';
import { expandWord } from '../../dockerfile/words/expand-word.ts';
import { environmentOf } from '../../dockerfile/config/environment.ts';
import { instructionError } from '../../dockerfile/instruction-error.ts';
import type { LayerView } from '../../layers/layer-view.ts';
import type { LowerDirectory } from '../../layers/lower-view.ts';
import type { TarTime } from '../../tar/entry.ts';
import type { BuildRun } from '../build-run.ts';
import { unsupportedStep, type StepPlace } from '../build-stage.ts';
import { cacheKey } from '../cache.ts';
import { patternSet } from '../context/patterns.ts';
import { copyContentKey, writeCopyLayer } from '../copy/copy-layer.ts';
import { parseFileMode } from '../copy/file-mode.ts';
import { planCopy, type PlannedFile } from '../copy/plan-copy.ts';
import { withStep, type StageState } from '../stage-state.ts';
import { filteredDirectory } from '../tree/filtered-directory.ts';
import { ownerInTree } from '../tree/owner-in-tree.ts';
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
  const { diffId } = await run.progress.step(place.label + step.line, async () => {
    using from = await openSource(run, step, place);
    using base = run.layers.openView(state.diffIds);
    const files = at(step.range, () => plan(state, step, words, { from, base }));
    const content = await copyContentKey(files, run.request.signal);
    const timeOf = clampedTime(run.epoch, step.from !== undefined);
    return await cachedLayer(
      run,
      place.stage,
      { key: cacheKey('copy', content, run.epoch ?? null), description: step.line },
      async () =>
        files.length === 0 ? undefined : await storeLayer(run, writeCopyLayer(files, { timeOf, lend: true })),
    );
  });
  const createdBy = `${step.kind.toUpperCase()} ${copyText(step, words)} # buildkit`;
  return withStep(state, { createdBy, created: run.created }, { diffId });
}

interface Words {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
}

function expandedWords(step: CopyStep, state: StageState, expand: Expand): Words {
  if (step.from?.includes('$') === true) {
    throw instructionError(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  return {
    sources: step.sources.map(expand),
    destination: expand(step.destination),
    chown: expand(step.chown),
    chmod: expand(step.chmod),
    files: step.files.map((file) => {
      const text = heredocText(file);
      const environment = environmentOf(state.config.Env);
      const lookup = (name: string): string | undefined => state.args.get(name) ?? environment.get(name);
      const content = file.expand ? expandWord(text, lookup, { keepQuotes: true }) : text;
      return { name: file.name, content: Buffer.from(content) };
    }),
  };
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

function plan(
  state: StageState,
  step: CopyStep,
  words: Words,
  { from, base }: { from: LowerDirectory; base: LowerDirectory },
): PlannedFile[] {
  const { WorkingDir = '/' } = state.config;
  const { destination } = words;
  const absolute = destination.startsWith('/') ? destination : `${WorkingDir}/${destination}`;
  // `.` and `..` name directories, as a slash at the end does.
  const isFolder = /(^|\/)\.{0,2}$/.test(destination);
  const fromContext = step.from === undefined;
  return planCopy({
    from,
    sources: words.sources,
    files: words.files,
    destination: isFolder ? `${absolute}/` : absolute,
    base,
    owner:
      words.chown === '' ? (fromContext ? { uid: 0, gid: 0 } : undefined) : ownerInTree(base, words.chown),
    chmod: words.chmod === '' ? undefined : parseFileMode(words.chmod),
    excludes: patternSet(step.excludes),
    parents: step.parents,
  });
}

/** Files of a context get the build's time, since theirs tells when somebody checked them out; those of a stage keep theirs, if older. */
function clampedTime(epoch: number | undefined, keepsOlder: boolean): (time: TarTime | undefined) => TarTime {
  if (epoch === undefined) {
    const now = Math.floor(Date.now() / 1000);
    return (time) => ({ seconds: time?.seconds ?? now, nanoseconds: 0 });
  }
  return (time) => {
    const seconds = keepsOlder && time !== undefined ? Math.min(time.seconds, epoch) : epoch;
    return { seconds, nanoseconds: 0 };
  };
}

function copyText(step: CopyStep, words: Words): string {
  const flags = [
    ...(step.from === undefined ? [] : [`--from=${step.from}`]),
    ...(words.chown === '' ? [] : [`--chown=${words.chown}`]),
    ...(words.chmod === '' ? [] : [`--chmod=${words.chmod}`]),
    ...(step.link ? ['--link'] : []),
  ];
  const files = words.files.map(({ name }) => `<<${name}`);
  return [...flags, ...words.sources, ...files, words.destination].join(' ');
}
