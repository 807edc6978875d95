import { ArityError } from '../errors/cli-error.ts';

/** How many positional arguments a command takes. */
export interface Arity {
  readonly min: number;
  readonly max: number;
}

export const none: Arity = { min: 0, max: 0 };
export const exactly = (count: number): Arity => ({ min: count, max: count });
export const atLeast = (min: number): Arity => ({ min, max: Infinity });
export const atMost = (max: number): Arity => ({ min: 0, max });
export const between = (min: number, max: number): Arity => ({ min, max });

/** @throws ArityError in Docker's words: `lamella: 'lamella rmi' requires at least 1 argument` */
export function checkArity({ min, max }: Arity, count: number, command: string): void {
  if (count >= min && count <= max) return;
  const words = (number: number): string => (number === 1 ? '1 argument' : `${number} arguments`);
  let rule: string;
  if (max === 0) rule = 'accepts no arguments';
  else if (min === max) rule = `requires ${words(min)}`;
  else if (max === Infinity) rule = `requires at least ${words(min)}`;
  else if (min === 0) rule = `requires at most ${words(max)}`;
  else rule = `requires at least ${min} and at most ${words(max)}`;
  const advice = min > 0 && max === Infinity ? 'seeHelp' : 'runHelp';
  throw new ArityError(`${command.split(' ')[0]}: '${command}' ${rule}`, advice);
}
