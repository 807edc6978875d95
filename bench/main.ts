/** Measures Lamella beside Docker and Podman. Usage: npm run bench -- [NAME…] [--engines A,B] [--rounds N] [--json] [--list] */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { bounds } from './bounds/bounds.ts';
import { openEngines } from './engines/open-engines.ts';
import { makeFixtures } from './fixtures/fixtures.ts';
import { describeMachine } from './harness/machine.ts';
import { alignColumns, formatTable, formatValue, type Row } from './harness/report.ts';
import { median } from './harness/statistics.ts';
import { takeGroup, type Values } from './harness/take.ts';
import { groups } from './measures/groups.ts';
import type { Bench, Medians, Measure } from './measures/measure.ts';
import { parseOptions } from './options.ts';

const options = parseOptions(process.argv.slice(2));
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const chosen = groups
  .map((group) => group.filter(({ name }) => options.names.length === 0 || options.names.includes(name)))
  .filter((group) => group.length > 0);

if (options.list) console.log(groups.flat().map(describe).join('\n'));
else if (process.getuid?.() !== 0) log('The bench needs root: it starts containers and drops caches.');
else await main();

async function main(): Promise<void> {
  // The child that is being measured gets the signal too; its failure then leads to the orderly end.
  process.on('SIGINT', () => {});
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lamella-bench');
  const fixtures = await makeFixtures(join(folder, 'fixtures'));
  await using engines = await openEngines(folder, options.engines, log);
  const needsRegistry = chosen.flat().some((measure) => measure.needsRegistry);
  const registry = needsRegistry ? await engines.openRegistry() : undefined;
  if (registry !== undefined) {
    registry.put(fixtures.imageGzip, 'bench/debian:gzip');
    registry.put(fixtures.image, 'bench/debian:zstd', { zstd: true });
  }
  const bench: Bench = { fixtures, out: join(folder, 'out'), registry };
  const machine = describeMachine();

  const machineBounds = bounds.map((bound) => {
    const values = Array.from({ length: options.rounds ?? 3 }, () => bound.run(bench));
    return { id: bound.id, title: bound.title, values };
  });
  const values: Values = new Map();
  for (const group of chosen)
    for (const entry of takeGroup(group, engines.all, bench, { rounds: options.rounds, log }))
      values.set(...entry);

  const rows = chosen
    .flat()
    .flatMap(({ metrics }) => Object.entries(metrics))
    .map(([id, metric]): Row => ({ id, metric, medians: mediansOf(values, id) }));
  if (options.json) {
    const metrics = rows.map(({ id, metric, medians }) => ({
      id,
      title: metric.title,
      unit: metric.unit,
      medians,
      values: values.get(id),
      goal: metric.goal?.text,
      met: metric.goal?.met(medians),
    }));
    const versions = Object.fromEntries(engines.all.map(({ name, version }) => [name, version]));
    console.log(JSON.stringify({ machine, versions, bounds: machineBounds, metrics }, undefined, 2));
    return;
  }
  console.log(`${machine.processors}, Linux ${machine.kernel}, load at the start ${machine.load.toFixed(1)}`);
  console.log(engines.all.map(({ version }) => version).join('; '));
  console.log(`\n${formatTable(rows)}\n`);
  console.log(
    alignColumns([
      ['the machine itself', 'takes'],
      ...machineBounds.map(({ title, values }) => [title, formatValue(median(values), 'seconds')]),
    ]),
  );
}

function mediansOf(values: Values, id: string): Medians {
  return Object.fromEntries(
    Object.entries(values.get(id) ?? {}).map(([engine, list]) => [engine, median(list)]),
  );
}

function describe({ name, metrics }: Measure): string {
  const titles = Object.values(metrics).map(({ title }) => title);
  return `${name.padEnd(12)} ${titles.join('; ')}`;
}
