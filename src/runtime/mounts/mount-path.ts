/** Without empty, `.` and `..` parts; `..` stops at the root. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Why a path of a container cannot be mounted on, in Docker's words; undefined where it can. */
export function wrongTarget(path: string): string | undefined {
  if (cleanPath(path) === '/' && path.startsWith('/'))
    return "invalid specification: destination can't be '/'";
  return wrongAbsolute(path);
}

export function wrongAbsolute(path: string): string | undefined {
  return path.startsWith('/') ? undefined : `invalid mount path: '${path}' mount path must be absolute`;
}
