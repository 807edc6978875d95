import { formatUnit, unitCommand, unitText, type Section } from './unit-text.ts';

export interface UnitFile {
  /** `container-web.service` */
  readonly name: string;
  readonly content: string;
}

interface Program {
  /** Absolute path of the command, and the global options with which it finds the store. */
  readonly command: readonly string[];
  readonly version: string;
  /** The store's folder, which must be mounted. */
  readonly root: string;
}

export interface ContainerUnitOptions {
  readonly container: { readonly id: string; readonly name: string };
  /** Call it by its name, and not by its ID. */
  readonly useName: boolean;
  /** systemd.service(5), `Restart=` */
  readonly restart: string;
  /** Seconds between the stop signal and SIGKILL. */
  readonly stopTimeout: number;
  /** Where conmon writes its pid; with `create` there is no such container yet. */
  readonly pidFile: string;
  /** What follows `run`, to make the container anew at each start; undefined starts the one that is there. */
  readonly create: readonly string[] | undefined;
}

/** Seconds that systemd waits besides, before it kills by itself. */
const patience = 60;

/** One container as a service of its own. */
export function containerUnit(program: Program, options: ContainerUnitOptions): UnitFile {
  const { container, useName, create } = options;
  const id = container.id.slice(0, 12);
  const subject = useName || create !== undefined ? container.name : container.id;
  const name = `container-${useName ? container.name : id}.service`;
  const call = (...words: readonly string[]): string => unitCommand([...program.command, ...words]);
  const stop = call('stop', '--time', String(options.stopTimeout), subject);
  const service: Section['settings'] =
    create === undefined
      ? [
          ['Type', 'forking'],
          ['PIDFile', options.pidFile],
          ['ExecStart', call('start', subject)],
          ['ExecStop', stop],
        ]
      : [
          // In the foreground: what it prints goes to the journal, and its exit code to systemd.
          ['Type', 'exec'],
          ['ExecStartPre', `-${call('rm', '--force', subject)}`],
          ['ExecStart', call('run', '--rm', '--name', container.name, ...create)],
          ['ExecStop', `-${stop}`],
          ['ExecStopPost', `-${call('rm', '--force', subject)}`],
        ];
  return {
    name,
    content: formatUnit(comments(name, program), [
      { name: 'Unit', settings: unitSettings(program, `Container ${container.name}`) },
      {
        name: 'Service',
        settings: [
          ['Restart', options.restart],
          ['TimeoutStopSec', String(options.stopTimeout + patience)],
          ...service,
        ],
      },
      install,
    ]),
  };
}

/** All of the store that restart policies want to run. */
export function restartUnit(program: Program): UnitFile {
  const name = 'lamella-restart.service';
  const call = (...words: readonly string[]): string => unitCommand([...program.command, ...words]);
  return {
    name,
    content: formatUnit(comments(name, program), [
      { name: 'Unit', settings: unitSettings(program, 'Containers that their restart policy wants to run') },
      {
        name: 'Service',
        settings: [
          ['Type', 'oneshot'],
          ['RemainAfterExit', 'yes'],
          ['TimeoutStartSec', 'infinity'],
          ['ExecStart', call('system', 'start-containers')],
          ['ExecStop', call('system', 'stop-containers')],
        ],
      },
      install,
    ]),
  };
}

function comments(name: string, { version }: Program): string[] {
  return [name, `Made by lamella ${version} with "lamella generate systemd".`];
}

function unitSettings({ root }: Program, description: string): Section['settings'] {
  return [
    ['Description', unitText(description)],
    ['Wants', 'network-online.target'],
    ['After', 'network-online.target'],
    ['RequiresMountsFor', unitCommand([root])],
  ];
}

const install: Section = { name: 'Install', settings: [['WantedBy', 'default.target']] };
