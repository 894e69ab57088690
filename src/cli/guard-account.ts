/** What `guard` says at its end, on standard error: for people, and short. */
import type { GuardCommandEnd } from '../execute/guard-command.ts';
import type { WrittenTable } from '../execute/statement-summary.ts';
import type { CommandContext } from './command-context.ts';
import { stripToLine } from '../report/strip-control.ts';
import { shortenText } from './shorten-text.ts';

const shownRefusals = 20;
const shownText = 200;
/** Wide enough for the longest word of the first column. */
const indent = 11;

/** `head` is what was guarded, in a few words. */
export function renderAccount(head: string, end: GuardCommandEnd, isolated: boolean, context: CommandContext): string {
  const { summary, exit, findings, leftover } = end;
  const counted = `${count(summary.statements, 'statement')} in ${count(summary.sessions, 'session')}`;
  const lines = [`guard: ${head} · ${counted}`];
  const add = (word: string, ...texts: readonly string[]): void => {
    for (const [index, text] of texts.entries()) lines.push(`  ${(index === 0 ? word : '').padEnd(indent)}${text}`);
  };
  const permitted = Object.entries(summary.permitted).map(([rule, number]) => `${number} ${rule}`);
  if (permitted.length > 0) add('permitted', permitted.join(', '));
  for (const [index, refusal] of summary.refusals.slice(0, shownRefusals).entries()) {
    const times = refusal.times === 1 ? '' : ` (${refusal.times} times)`;
    const code = refusal.sqlstate === undefined ? refusal.rule : `${refusal.sqlstate} ${refusal.rule}`;
    add(index === 0 ? 'refused' : '', `${code}: ${stripToLine(refusal.reason)}${times}`, `  ${context.errColours.dim(shortenText(refusal.text, shownText))}`);
  }
  const shown = summary.refusals.slice(0, shownRefusals).reduce((sum, { times }) => sum + times, 0);
  if (summary.refused > shown) add('', `and ${summary.refused - shown} more`);
  add('written', ...summary.tables.map(renderWritten));
  add('found', ...findings.map(({ what }) => stripToLine(what)));
  add('left', ...leftover.map((left) => `${stripToLine(left)} ${isolated ? 'was ended with the command' : 'still runs; its way to the database is closed'}`));
  if (exit !== undefined && end.exitCode !== exit.exitCode) add('exit code', `${end.exitCode}: ${why(end)} (the command's own is ${exit.exitCode})`);
  return lines.join('\n');
}

function why({ diagnostics, summary }: GuardCommandEnd): string {
  if (diagnostics.some(({ code }) => code === 'execute/guard-failed')) return 'the guard ended before the command';
  return summary.refused > 0 ? `${count(summary.refused, 'statement')} refused` : 'something happened round the gateway';
}

function renderWritten({ table, fate, statements, rows }: WrittenTable): string {
  const end = fate === 'open' ? 'nobody knows whether they were committed' : fate;
  return `${stripToLine(table)}: ${count(rows, 'row')} in ${count(statements, 'statement')}, ${end}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
