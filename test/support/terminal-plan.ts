/** Plans without a database, for tests of what people see, and the folder that they are in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/** A plan of one step, in a folder of its own. `rest` are further lines of the document. */
export function writePlan(name: string, shell: string, rest: readonly string[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), ['# A plan to be watched', '', '## 1. Deliver', '', '```bash', shell, '```', '', ...rest, ''].join('\n'));
  return folder;
}

/** What does not hold for a step that prints `count: 3`. */
export const expectsCount: readonly string[] = ['**Expected:** `count == 2`.', '', '**Record:** `count`'];

/** What goes on until the test says so by the file `go`, for a minute at most. */
export const waitForGo = 'for i in $(seq 600); do test -e go && break; sleep 0.1; done';
