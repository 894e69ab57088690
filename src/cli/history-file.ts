import { randomBytes } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes beside and renames over, so that whoever looks sees the old page or the new one whole. A page is made again and again under one
 * name; anything else that has this name stays. Throws what `node:fs` throws.
 */
export function writeWhole(path: string, text: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !(found.isFile() && isPage(path))) throw new Error('something else than such a page has this name');
  const fresh = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

const pageBegin = '<!doctype html>\n<html lang="en">';

/** Begins as every page of this program does: a document of somebody else's is not lost by a slip of the finger. */
function isPage(path: string): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(pageBegin.length);
    return readSync(file, bytes, 0, bytes.length, 0) === bytes.length && bytes.toString('latin1') === pageBegin;
  } finally {
    closeSync(file);
  }
}
