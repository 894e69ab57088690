/** What is said at the end of a command that executed several plans: one row a plan, in the order in which they were given. */
import { join } from 'node:path';
import type { ChalkInstance } from 'chalk';
import { executionFiles } from '../model/journal-entry.ts';
import { verdictOrder, type Verdict } from '../model/verdict.ts';
import { displayWidth } from '../report/display-width.ts';
import { stripToLine } from '../report/strip-control.ts';
import { count, paintVerdict, renderDuration, verdictMarks } from '../report/verdict-mark.ts';

export interface JobRow {
  readonly path: string;
  readonly role: 'plan' | 'prerequisite';
  readonly verdict: Verdict;
  readonly reason: string;
  /** Undefined for a plan that was not begun, or whose record was never opened. */
  readonly steps?: { readonly run: number; readonly planned: number };
  readonly durationMs?: number;
  /** As a person wants to read it. */
  readonly folder?: string;
}

/** In at most so many columns where that can be; a path that does not fit stands in a line of its own. */
export function renderJobsTable(rows: readonly JobRow[], { colours, columns }: { readonly colours: ChalkInstance; readonly columns: number }): string {
  const cells = rows.map((row) => ({
    row,
    plan: stripToLine(row.role === 'prerequisite' ? `${row.path} (prerequisite)` : row.path),
    verdict: `${verdictMarks[row.verdict]} ${row.verdict}`,
    steps: row.steps === undefined ? '–' : `${row.steps.run} of ${count(row.steps.planned, 'step')}`,
    time: row.durationMs === undefined ? '–' : renderDuration(row.durationMs),
    report: row.folder === undefined ? '' : join(row.folder, executionFiles.report),
  }));
  const header = { plan: 'plan', verdict: 'verdict', steps: 'steps', time: 'time' };
  const widthOf = (name: keyof typeof header): number => Math.max(displayWidth(header[name]), ...cells.map((cell) => displayWidth(cell[name])));
  const widths = { plan: widthOf('plan'), verdict: widthOf('verdict'), steps: widthOf('steps'), time: widthOf('time') };
  const rest = widths.verdict + widths.steps + widths.time + 6;
  const report = Math.max(0, ...cells.map((cell) => displayWidth(cell.report)));
  const oneLine = widths.plan + rest + 2 + report <= columns;
  // On a narrow terminal each plan has a line for its name.
  const stacked = widths.plan + rest > columns;
  const line = (plan: string, verdict: string, steps: string, time: string): string =>
    `${stacked ? '  ' : pad(plan, widths.plan + 2)}${verdict}${' '.repeat(2)}${pad(steps, widths.steps + 2)}${' '.repeat(widths.time - displayWidth(time))}${time}`;
  const lines = [colours.dim(`${stacked ? 'plan\n' : ''}${line('plan', pad('verdict', widths.verdict), 'steps', 'time')}${oneLine ? '  report' : ''}`)];
  for (const { row, plan, verdict, steps, time, report: path } of cells) {
    if (stacked) lines.push(plan);
    const painted = paintVerdict(row.verdict, colours)(pad(verdict, widths.verdict));
    lines.push(`${line(plan, painted, steps, time)}${oneLine && path !== '' ? `  ${path}` : ''}`);
    if (row.verdict !== 'passed') lines.push(`  ${stripToLine(row.reason)}`);
    if (!oneLine && path !== '') lines.push(colours.dim(`  ${path}`));
  }
  return `${lines.join('\n')}\n\n${renderSum(rows, colours)}`;
}

/** `✗ 12 plans: 9 passed, 2 failed, 1 unproven`. */
function renderSum(rows: readonly JobRow[], colours: ChalkInstance): string {
  const worst = verdictOrder.findLast((verdict) => rows.some((row) => row.verdict === verdict)) ?? 'none';
  const counts = verdictOrder.map((verdict) => ({ verdict, number: rows.filter((row) => row.verdict === verdict).length })).filter(({ number }) => number > 0);
  return paintVerdict(
    worst,
    colours,
  )(`${verdictMarks[worst]} ${count(rows.length, 'plan')}: ${counts.map(({ verdict, number }) => `${number} ${verdict}`).join(', ')}`);
}

function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - displayWidth(text)))}`;
}
