// One number for a state of the database, comparable between processes: counters and places of rows are not in it, content is.
import { createHash } from 'node:crypto';
import type { TableState } from './table-watch.ts';

/** Each runner makes a reader's role of its own, which may connect to the database: that is no change of anybody's. */
const ownObject = /^(?:database |role proofplan_)/;

/** SHA-256, lower hex, over the protected tables with their rows (of long ones: their number and versions) and the schema. */
export function fingerprintOf({ tables, schema }: Pick<TableState, 'tables' | 'schema'>): string {
  const contents = [...tables].map(([label, { content }]) => [label, content.count, content.digest ?? content.versions]);
  const objects = [...schema].filter(([object]) => !ownObject.test(object));
  const text = JSON.stringify([contents.sort(byName), objects.sort(byName)]);
  return createHash('sha256').update(text).digest('hex');
}

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
