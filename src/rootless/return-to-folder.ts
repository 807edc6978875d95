/** Where the command was called: entering a mount namespace leads to its root. */
export const folderVariable = 'LAMELLA_CWD';

/** Inside of the namespace: back to the folder in which the command was called. */
export function returnToFolder(): void {
  const folder = process.env[folderVariable];
  if (folder === undefined) return;
  delete process.env[folderVariable];
  try {
    process.chdir(folder);
  } catch {
    // A folder that is gone, or that only a group of the user may enter: paths are wrong then, and say so themselves.
  }
}
