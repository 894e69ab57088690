import { basename, extname } from 'node:path';

/** Where the addendum of a plan document lies: beside it, under its name. */
export function addendumPath(path: string): string {
  return `${path.slice(0, path.length - extname(basename(path)).length)}.addendum.yaml`;
}
