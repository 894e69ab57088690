/** Tables: fields of a report, rows of checks (command and expectation), criteria, preconditions; the rest is narrative. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type Draft } from './draft.ts';
import { fold, proseOf } from './prose.ts';
import { codeMeaning, isCommand, readShell, readSql } from './read-code.ts';
import { readReportField, reportWithoutPlace } from './read-template.ts';
import { blockAt, type Context } from './reading.ts';

export async function readTable(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const rows = block.children.map((child) => blockAt(draft, child));
  const header = rows[0]?.cells?.map((cell) => fold(proseOf(cell).text)) ?? [];
  const command = header.findIndex((cell) => /^(?:commands?|query|sql|run|check command|how to (?:check|verify))$/.test(cell));
  const expected = header.findIndex((cell) =>
    /^(?:expected(?: results?| outputs?| outcome)?|expectation|expect|pass(?: if| criteria)?|should be|results?)$/.test(cell),
  );
  const active = !['narrative', 'scope', 'policy', 'reference'].includes(context.area);
  note(draft, block.index, 'narrative');
  if (rows[0]) note(draft, rows[0].index, 'narrative');
  for (const row of rows.slice(1)) {
    const cells = (row.cells ?? []).map((cell) => proseOf(cell, row.start));
    const text = cells
      .map((cell) => cell.text.trim())
      .filter((cell) => cell !== '')
      .join(': ');
    const common = { text, start: row.start, end: row.end, section: context.section, block: row.index };
    const label = cells[0]?.text ?? '';
    if (context.area === 'report') {
      const last = cells.at(-1);
      if (cells.length < 2 || !last || !readReportField(draft, row, context, label, row.start, last)) reportWithoutPlace(draft, row, context, label, row);
    } else if (context.area === 'criteria') {
      draft.criteria.push({ ...common, clauses: [text] });
      note(draft, row.index, 'criterion', `criterion C${draft.criteria.length}`);
    } else if (context.area === 'preconditions') {
      draft.preconditions.push({ ...common, searches: [] });
      note(draft, row.index, 'precondition', `precondition ${draft.preconditions.length}`);
    } else if (
      active &&
      command !== -1 &&
      expected !== -1 &&
      context.intro === undefined &&
      (await readCheck(draft, row, context, cells[command], cells[expected], parser))
    )
      continue;
    else if (active && (expected !== -1 || cells.some((cell) => cell.codes.some((code) => isCommand(code.value))))) {
      note(draft, row.index, 'unclaimed');
      draft.diagnostics.push({
        severity: 'error',
        code: 'compile/table-of-checks',
        message: 'this row looks like a check, and is not one command with one claim',
        span: spanOf(draft.document, row.start, row.end),
        help: 'write it as a fenced block with an **Expected:** line, or give the table the columns Command (one command in backticks) and Expected',
      });
    } else note(draft, row.index, 'narrative');
  }
}

/** A row with one command in backticks and one claim becomes a step with an expectation. */
async function readCheck(
  draft: Draft,
  row: MarkdownBlock,
  context: Context,
  command: ReturnType<typeof proseOf> | undefined,
  expected: ReturnType<typeof proseOf> | undefined,
  parser: SqlParser,
): Promise<boolean> {
  const [code, ...more] = command?.codes ?? [];
  if (!command || !expected || !code || more.length > 0 || command.text.trim() !== `\`${code.value}\`` || expected.text.trim() === '') return false;
  const source = draft.document.text.text.slice(code.start, code.end);
  const at = source.indexOf(code.value);
  const meaning = codeMeaning(undefined, code.value);
  // A cell writes `\|` for `|`: then the text is not the source's, and no offset would be right.
  if (at === -1 || (meaning !== 'shell' && meaning !== 'sql')) return false;
  const start = code.start + at;
  const place = { start, end: start + code.value.length, place: (offset: number) => start + offset, title: context.title, role: 'step' as const };
  const steps = meaning === 'sql' ? await readSql(draft, context.section, code.value, place, parser) : [readShell(draft, context.section, code.value, place)];
  const directory = context.workingDirectory ?? context.sectionDirectory;
  for (const step of steps) {
    if (directory !== undefined) step.workingDirectory = directory;
    note(draft, row.index, 'step', () => `step ${step.id}`);
  }
  draft.claims.push({ text: expected.text.trim(), start: expected.start, end: expected.end, section: context.section, steps, block: row.index });
  note(draft, row.index, 'expectation');
  return true;
}
