import { join } from 'node:path';
import { LamellaError } from '../../base/errors.ts';
import type { ContainerService } from '../../runtime/container-service.ts';
import { lamellaCommand } from '../exit-command.ts';
import type { GenerateUnitsOptions, GeneratedUnits } from '../ports/system-engine.ts';
import { readSettings, type Settings } from '../settings.ts';
import { version } from '../version.ts';
import { containerUnit, restartUnit } from './units.ts';

const restartValues = [
  'no',
  'on-success',
  'on-failure',
  'on-abnormal',
  'on-watchdog',
  'on-abort',
  'always',
] as const;

const defaultStopTimeout = 10;

/**
 * Units with which systemd starts containers: one for each that is named, or one for the whole store.
 *
 * @throws LamellaError invalid `restart-policy-invalid`, not-found `container-not-found`, unsupported
 *   `command-unknown` for one that is to be made anew and was not made by a command line
 */
export async function generateUnits(
  settings: Settings,
  service: () => Promise<Pick<ContainerService, 'find' | 'paths'>>,
  { containers, makeAnew = false, useName = false, restartPolicy = 'on-failure' }: GenerateUnitsOptions,
): Promise<GeneratedUnits> {
  if (!restartValues.some((value) => value === restartPolicy)) {
    throw new LamellaError('invalid', `${restartPolicy} is not a valid restart policy`, {
      code: 'restart-policy-invalid',
      hint: `It is one of ${restartValues.join(', ')}.`,
    });
  }
  const program = { command: commandFor(settings), version, root: settings.root };
  if (containers === undefined) return { units: [restartUnit(program)], warnings: [] };
  const { find, paths } = await service();
  const found = await Promise.all(containers.map(async (name) => await find(name)));
  const warnings = found
    .filter(({ spec }) => !makeAnew && !['', 'no'].includes(spec.hostConfig.RestartPolicy.Name))
    .map(
      ({ name }) =>
        `container ${name} has a restart policy of its own: systemd and it will both start it again ` +
        `(lamella update --restart no ${name})`,
    );
  const units = found.map(({ id, name, spec }) => {
    if (makeAnew && spec.createCommand === undefined) {
      throw new LamellaError(
        'unsupported',
        `cannot use --new on container ${JSON.stringify(name)}: no create command found`,
        { code: 'command-unknown', hint: 'Only containers that a command line made can be made anew.' },
      );
    }
    return containerUnit(program, {
      container: { id, name },
      useName,
      restart: restartPolicy,
      stopTimeout: Math.max(0, spec.config.StopTimeout ?? defaultStopTimeout),
      pidFile: join(paths(id).bundle, 'conmon.pid'),
      create: makeAnew ? spec.createCommand : undefined,
    });
  });
  return { units, warnings };
}

/** The command, and what it must be told to find this store. */
function commandFor({ root, storageDriver }: Settings): string[] {
  const { LAMELLA_ROOT: _, ...env } = process.env;
  const isDefault = readSettings({ env }).root === root;
  return [
    lamellaCommand(),
    ...(isDefault ? [] : ['--root', root]),
    ...(storageDriver === undefined ? [] : ['--storage-driver', storageDriver]),
  ];
}
