import { isLamellaError } from '../../base/errors.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Dockerfile, Stage } from '../parse-dockerfile.ts';
import { nearestWord } from '../suggest-word.ts';
import { expandWord } from '../words/expand-word.ts';
import type { Finding } from './finding.ts';

/**
 * The images and platforms that FROM names.
 *
 * @param automatic the platform arguments, which need no ARG
 */
export function checkFrom(dockerfile: Dockerfile, automatic: ReadonlyMap<string, string>): Finding[] {
  const { metaArgs, stages, source } = dockerfile;
  const defaults = new Map(automatic);
  const declared = new Set(automatic.keys());
  for (const { args } of metaArgs) {
    for (const { name, value } of args) {
      declared.add(name);
      const text = value === undefined ? undefined : tryExpand(value, (each) => defaults.get(each));
      if (text !== undefined) defaults.set(name, text);
    }
  }

  function tryExpand(text: string, lookup: (name: string) => string | undefined): string | undefined {
    try {
      return expandWord(text, lookup, source.directives);
    } catch {
      // A build that needs the word says what is wrong with it.
      return undefined;
    }
  }

  function usedIn(text: string): string[] {
    const names = new Set<string>();
    tryExpand(text, (name) => {
      names.add(name);
      return defaults.get(name);
    });
    return [...names];
  }

  function checkDefaults({ base, range }: Stage): Finding[] {
    const name = tryExpand(base, (each) => defaults.get(each));
    if (name === undefined || isReference(name)) return [];
    const message = `Default value for ARG ${base} results in empty or invalid base image name`;
    return [{ rule: 'InvalidDefaultArgInFrom', message, range }];
  }

  function checkDeclared({ base, platform = '', range }: Stage): Finding[] {
    return [base, platform].flatMap(usedIn).flatMap((name): Finding[] => {
      if (declared.has(name)) return [];
      const near = nearestWord(name, [...declared]);
      const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
      const message = `FROM argument '${name}' is not declared${meant}`;
      return [{ rule: 'UndefinedArgInFrom', message, range }];
    });
  }

  function checkPlatform({ platform = '', name = '', range }: Stage): Finding[] {
    if (platform === '') return [];
    const used = usedIn(platform);
    const value = tryExpand(platform, (each) => defaults.get(each));
    if (used.length === 1 && used[0] === 'TARGETPLATFORM' && value === automatic.get('TARGETPLATFORM')) {
      const message = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`;
      return [{ rule: 'RedundantTargetPlatform', message, range }];
    }
    const isNamedAfter = platform.split('/').some((part) => part !== '' && name.includes(part));
    if (used.length > 0 || isNamedAfter) return [];
    const message = `FROM --platform flag should not use constant value "${platform}"`;
    return [{ rule: 'FromPlatformFlagConstDisallowed', message, range }];
  }

  return stages.flatMap((stage) => [
    ...checkPlatform(stage),
    ...checkDefaults(stage),
    ...checkDeclared(stage),
  ]);
}

function isReference(name: string): boolean {
  try {
    parseReference(name);
    return true;
  } catch (error) {
    if (isLamellaError(error)) return false;
    throw error;
  }
}
