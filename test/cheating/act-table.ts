/** All acts, by the headings of `fixtures/cheating/workarounds.md`. */
import type { Act } from './act.ts';
import { command } from './command.ts';
import { procedure } from './procedure.ts';
import { rowsAndData } from './rows-and-data.ts';
import { sql } from './sql.ts';
import { storage } from './storage.ts';
import { system } from './system.ts';
import { tool } from './tool.ts';
import { verdict } from './verdict.ts';

export interface ActGroup {
  /** As in the list, before its colon. */
  readonly heading: string;
  readonly acts: readonly Act[];
}

export const actGroups: readonly ActGroup[] = [
  { heading: 'Rows and data', acts: rowsAndData },
  { heading: 'Commands', acts: command },
  { heading: 'SQL', acts: sql },
  { heading: 'Verdicts', acts: verdict },
  { heading: 'Process', acts: procedure },
  { heading: 'Storage', acts: storage },
  { heading: 'Tool', acts: tool },
  { heading: 'System', acts: system },
];

export const allActs: readonly Act[] = actGroups.flatMap(({ acts }) => acts);
