/** Lamella as a library: {@link openEngine} gives what the command gives. */
export { openEngine, type Engine } from './engine/engine.ts';
export { LamellaError, isLamellaError, type ErrorKind } from './base/errors.ts';
export type { ByteStream } from './base/streams.ts';
export type { SettingsOptions as EngineOptions } from './engine/settings.ts';
export type * from './engine/ports/common.ts';
export type * from './engine/ports/container-engine.ts';
export type * from './engine/ports/image-engine.ts';
export type * from './engine/ports/registry-engine.ts';
export type * from './engine/ports/system-engine.ts';
