/**
 * Paths as Docker's `cp` reads them (moby/go-archive, copy.go): a `/` or a `/.` at the end says that a directory is
 * meant, or its content. Pure; paths are absolute.
 */

/** Without `.`, `..` and double slashes, as Go's filepath.Clean. */
export function cleanPath(path: string): string {
  const absolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push(part);
  }
  const joined = parts.join('/');
  return absolute ? `/${joined}` : joined === '' ? '.' : joined;
}

/** The last part, `/` of the root: Go's filepath.Base. */
export function baseName(path: string): string {
  const clean = path.replace(/\/+$/, '');
  if (clean === '') return path === '' ? '.' : '/';
  return clean.slice(clean.lastIndexOf('/') + 1);
}

function folderName(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1));
}

function isCurrentDirectory(path: string): boolean {
  return baseName(path) === '.';
}

function endsInSlash(path: string): boolean {
  return path.endsWith('/');
}

/** Whether only a directory can be meant. */
export function assertsDirectory(path: string): boolean {
  return endsInSlash(path) || isCurrentDirectory(path);
}

/** The clean path again with the `/` or `/.` that it was written with. */
function keepEnding(clean: string, written: string): string {
  let path = clean;
  if (!isCurrentDirectory(path) && isCurrentDirectory(written)) path += endsInSlash(path) ? '.' : '/.';
  if (!endsInSlash(path) && endsInSlash(written)) path += '/';
  return path;
}

/** A path of a container, or one on this machine seen from `folder`, absolute and clean. */
export function absolutePath(path: string, folder = '/'): string {
  return keepEnding(cleanPath(path.startsWith('/') ? path : `${folder}/${path}`), path);
}

/** What is copied and the directory it is in; of `/a/.` that is `.` in `/a`. */
export function splitEntry(path: string): { folder: string; base: string } {
  const clean = cleanPath(path);
  if (isCurrentDirectory(path)) return { folder: clean, base: '.' };
  return { folder: folderName(clean), base: baseName(clean) };
}

/**
 * Where a link at the end of `path` led, and the name that the copy keeps of it: undefined where it is the same.
 */
export function renamedTarget(path: string, target: string): { path: string; rename: string | undefined } {
  const resolved = keepEnding(target, path);
  return { path: resolved, rename: baseName(path) === baseName(resolved) ? undefined : baseName(path) };
}
