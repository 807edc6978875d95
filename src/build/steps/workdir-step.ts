import { applyStep, type Expand } from '../../dockerfile/config/apply-step.ts';
import { at } from '../../dockerfile/source/read-source.ts';
import type { ValueStep } from '../../dockerfile/parse/steps.ts';
import type { BuildRun } from '../build-run.ts';
import type { StepPlace } from '../step-place.ts';
import { cacheKey } from '../cache.ts';
import { patternSet } from '../context/patterns.ts';
import { copyContentKey, writeCopyLayer } from '../copy/copy-layer.ts';
import { planCopy } from '../copy/plan-copy.ts';
import { withStep, type StageState } from '../stage-state.ts';
import { ownerInTree } from '../tree/owner-in-tree.ts';
import { clampedTime } from '../clamped-time.ts';
import { cachedLayer, storeLayer } from './layer-step.ts';

/** WORKDIR makes the directory where it is missing; it belongs to the user of the moment. */
export async function workdirStep(
  run: BuildRun,
  state: StageState,
  step: ValueStep,
  place: StepPlace,
  expand: Expand,
): Promise<StageState> {
  const config = at(step.range, () =>
    applyStep(state.config, step as ValueStep & { kind: 'workdir' }, expand, state),
  );
  const { diffId } = await run.progress.step(place.label + step.line, async () => {
    using base = run.layers.openView(state.diffIds);
    const { files } = at(step.range, () =>
      planCopy({
        from: nothing,
        sources: ['/'],
        files: [],
        destination: `${config.WorkingDir ?? ''}/`,
        base,
        owner: ownerInTree(base, state.config.User ?? ''),
        chmod: undefined,
        excludes: patternSet([]),
        parents: false,
      }),
    );
    if (files.length === 0) return { diffId: undefined, cached: true };
    const key = cacheKey(
      'workdir',
      await copyContentKey(files, { signal: run.request.signal }),
      run.epoch ?? null,
    );
    const timeOf = clampedTime(run.epoch, false);
    return await cachedLayer(run, place.stage, { key, description: step.line }, () =>
      storeLayer(run, writeCopyLayer(files, { timeOf })),
    );
  });
  const createdBy = `WORKDIR ${config.WorkingDir}`;
  return withStep(state, { createdBy, created: run.created }, { config, diffId });
}

const nothing = { lookup: () => undefined, names: () => [] };
