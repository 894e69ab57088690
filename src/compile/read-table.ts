/** Tables, row by row: fields of a report, checks (command and claim), criteria, preconditions, parameters, files, cases and remedies. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { isCommand } from './code-content.ts';
import { note, type Draft } from './draft.ts';
import { fold, proseOf, type Prose } from './prose.ts';
import { codeMeaning, readShell, readSql } from './read-code.ts';
import { readReportField, reportWithoutPlace } from './read-template.ts';
import { blockAt, phrasesOf, pushPolicy, pushTask, stepsOf, type Context } from './reading.ts';
import { isRule } from './sentence.ts';
import { readHeader, type HeaderReading } from './table-header.ts';

export async function readTable(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const rows = block.children.map((child) => blockAt(draft, child));
  const plainHeader = readHeader(
    rows[0]?.cells?.map((cell) =>
      fold(proseOf(cell).text)
        .replace(/[*_`?]/g, '')
        .trim(),
    ) ?? [],
  );
  const limit = limitColumn(rows.slice(1).map((row) => (row.cells ?? []).map((cell) => proseOf(cell).text.trim())));
  const header: HeaderReading = plainHeader.meaning === 'plain' && limit > 0 ? { ...plainHeader, meaning: 'expectations', expected: limit } : plainHeader;
  const past =
    rows.length > 1 &&
    rows.slice(1).filter((row) => (row.cells ?? []).some((cell) => /^(?:PASS(?:ED)?|FAIL(?:ED)?|deferred|not run)\b/.test(proseOf(cell).text.trim()))).length *
      2 >=
      rows.length - 1;
  const shown = past || context.intro?.kind === 'shown' || context.intro?.kind === 'example' || context.intro?.kind === 'older' || context.example;
  const form = isForm(rows.slice(1).map((row) => (row.cells ?? []).map((cell) => proseOf(cell).text.trim())));
  note(draft, block.index, 'narrative');
  if (context.preface && header.meaning === 'plain' && (rows[0]?.cells?.length ?? 0) <= 2) {
    for (const row of rows) note(draft, row.index, 'metadata');
    return;
  }
  if (rows[0]) note(draft, rows[0].index, 'narrative');
  if (!shown && header.meaning === 'plain' && context.area === 'expectation') return readAnswer(draft, rows, context);
  for (const row of rows.slice(1)) {
    const cells = (row.cells ?? []).map((cell) => proseOf(cell, row.start));
    if (form) reportWithoutPlace(draft, row, context, cells[0]?.text ?? '', row);
    else if (shown) note(draft, row.index, 'reference', undefined, 'shown as an example');
    else await readRow(draft, row, cells, header, context, parser);
  }
  if (shown) context.intro = undefined;
}

/** A table under "Expected:" is an answer as it must be: one row of it is a claim for each column, more of them are nothing that is judged. */
function readAnswer(draft: Draft, rows: readonly MarkdownBlock[], context: Context): void {
  const [head, ...body] = rows.map((row) => (row.cells ?? []).map((cell) => proseOf(cell).text.replace(/[*`]/g, '').trim()));
  const steps = stepsOf(draft, context.section);
  for (const [index, cells] of body.entries()) {
    const row = rows[index + 1];
    if (!row) continue;
    if (body.length > 1 || !head?.every((name) => /^[A-Za-z_][\w.]*$/.test(name)) || cells.some((cell) => cell === '' || /[`"]/.test(cell))) {
      reportRow(draft, row, 'nothing compares an answer with this row', answerHelp);
      continue;
    }
    note(draft, row.index, 'expectation');
    const common = { start: row.start, end: row.end, section: context.section, steps, block: row.index };
    draft.claims.push({ ...common, text: 'exactly 1 row' });
    for (const [column, name] of head.entries()) {
      const cell = cells[column] ?? '';
      draft.claims.push({
        ...common,
        text: /^null$/i.test(cell) ? `\`${name}\` is null` : `\`${name}\` = ${/^-?\d+(?:\.\d+)?$|^(?:true|false)$/.test(cell) ? cell : `"${cell}"`}`,
      });
    }
  }
  if (context.area === 'expectation') context.area = context.section.meaning;
}

const answerHelp =
  'ask for each row with a query of its own and write `name = VALUE`, or write what holds of all: `exactly 2 rows`, `every row has name in { a, b }`';

/** The column of a table without a known header in which most rows state a limit (`>= 0.95`); -1 where there is none. */
function limitColumn(rows: readonly (readonly string[])[]): number {
  const width = Math.max(0, ...rows.map((row) => row.length));
  for (let column = 1; column < width; column += 1)
    if (rows.filter((row) => /^`?(?:>=?|<=?|={1,2}|\u2265|\u2264)\s*[\d.]/.test(row[column] ?? '')).length * 2 >= rows.length && rows.length > 0) return column;
  return -1;
}

/** A table whose rows leave most of their cells open is filled in by whoever executes the plan. */
function isForm(rows: readonly (readonly string[])[]): boolean {
  return (
    rows.length > 0 &&
    rows.every(
      ([first, ...rest]) =>
        first !== undefined &&
        first !== '' &&
        rest.length > 0 &&
        rest.filter((cell) => /^(?:|_+|\.{2,}|\u2026|\u2610|\[ \])$/.test(cell)).length * 2 > rest.length,
    )
  );
}

async function readRow(draft: Draft, row: MarkdownBlock, cells: readonly Prose[], header: HeaderReading, context: Context, parser: SqlParser): Promise<void> {
  const text = textOf(cells);
  const common = { text, start: row.start, end: row.end, section: context.section, block: row.index };
  const active = !['narrative', 'scope', 'policy', 'reference', 'forbidden'].includes(context.area);
  if (context.area === 'report') {
    const last = cells.at(-1);
    if (cells.length < 2 || !last || !readReportField(draft, row, context, cells[0]?.text ?? '', row.start, last))
      reportWithoutPlace(draft, row, context, cells[0]?.text ?? '', row);
    return;
  }
  const blank = cells.find((cell) => /_{3,}|\.{5,}/.test(cell.text.replace(/`[^`]*[A-Za-z]{3,}[^`]*`/g, '')));
  if (blank && active) {
    if (!readReportField(draft, row, context, cells[0]?.text ?? '', row.start, blank)) note(draft, row.index, 'report field');
    return;
  }
  if (context.area === 'parameters' || header.meaning === 'parameters') return readParameterRow(draft, row, cells, header, context);
  if (header.meaning === 'cases') return pushTask(draft, row, text, context, row, 'failure');
  if (context.area === 'criteria' || header.meaning === 'files' || (active && header.meaning === 'criteria')) {
    draft.criteria.push({ ...common, clauses: [text] });
    return void note(draft, row.index, 'criterion', `criterion C${draft.criteria.length}`);
  }
  if (
    context.area === 'preconditions' &&
    header.meaning === 'checks' &&
    (await readCheck(draft, row, context, cells[header.command], cells[header.expected], parser))
  )
    return;
  if (context.area === 'preconditions') {
    draft.preconditions.push({ ...common, searches: [] });
    return void note(draft, row.index, 'precondition', `precondition ${draft.preconditions.length}`);
  }
  if (context.area === 'policy' && (phrasesOf(text).length > 0 || isRule(fold(text))))
    return pushPolicy(draft, row, { text, start: row.start, end: row.end, codes: [], strong: false }, context, 'text');
  if (context.area === 'tasks' || (active && header.meaning === 'tasks')) return pushTask(draft, row, text, context);
  if (!active) return void note(draft, row.index, 'narrative');
  if (context.intro?.kind === 'negative') return void note(draft, row.index, 'reference', undefined, 'the words before forbid it');
  const forbidding = cells.filter((cell, index) => index !== header.expected && cell.codes.length === 0 && isRule(fold(cell.text)));
  if (header.meaning === 'checks' && forbidding.length > 0) {
    for (const cell of forbidding) pushPolicy(draft, row, cell, context, 'text');
    return pushTask(draft, row, text, context, row, 'choice');
  }
  if (
    header.meaning === 'checks' &&
    context.intro?.kind !== 'branch' &&
    context.branch === undefined &&
    (await readCheck(draft, row, context, cells[header.command], cells[header.expected], parser))
  )
    return;
  // A check of an option or a case is decided by a person like its command.
  const condition = context.intro?.kind === 'branch' ? (context.intro.condition ?? 'choice') : context.branch?.condition;
  if (header.meaning === 'checks' && condition !== undefined) return pushTask(draft, row, text, context, row, condition);
  if (header.meaning === 'expectations' && !cells.some(holdsCommand)) {
    const claimed = cells[header.expected];
    if (claimed && claimed.text.trim() !== '' && stepsOf(draft, context.section).length === 0 && draft.steps.length > 0) {
      draft.criteria.push({ ...common, clauses: [text] });
      return void note(draft, row.index, 'criterion', `criterion C${draft.criteria.length}`);
    }
    if (claimed && claimed.text.trim() !== '') {
      draft.claims.push({
        ...common,
        text: /^`?(?:>|<|=|\u2265|\u2264)/.test(claimed.text.trim()) ? `${cells[0]?.text.trim() ?? ''} ${claimed.text.trim()}` : claimed.text.trim(),
        steps: stepsOf(draft, context.section),
      });
      return void note(draft, row.index, 'expectation');
    }
  }
  if (/^(?:[\u2013\u2014-]|n\/?a|none)?$/i.test((cells[header.command]?.text ?? '-').replace(/\*?\([^()]*\)\*?/g, '').trim()) && header.command !== -1)
    return void note(draft, row.index, 'reference', undefined, 'a row without a check');
  // What no command does, a person looks up.
  if (header.meaning === 'checks' && !cells.some(holdsCommand)) return pushTask(draft, row, text, context);
  if (header.meaning === 'checks' || header.meaning === 'expectations' || cells.some(holdsCommand)) return reportRow(draft, row);
  note(draft, row.index, 'narrative');
}

function reportRow(
  draft: Draft,
  row: MarkdownBlock,
  message = 'this row looks like a check, and is not one command with one claim',
  help = 'write it as a fenced block with an **Expected:** line, or give the table the columns Command (one command in backticks) and Expected',
): void {
  note(draft, row.index, 'unclaimed');
  draft.diagnostics.push({ severity: 'error', code: 'compile/table-of-checks', message, span: spanOf(draft.document, row.start, row.end), help });
}

/** A value that has to be given is a precondition, one with a default is told; a rule in its row stays a rule. */
function readParameterRow(draft: Draft, row: MarkdownBlock, cells: readonly Prose[], header: HeaderReading, context: Context): void {
  for (const cell of cells)
    if (/[a-z]/i.test(cell.text) && isRule(fold(cell.text)) && fold(cell.text).split(' ').length > 1) pushPolicy(draft, row, cell, context, 'text');
  const said = fold(cells[header.required]?.text ?? '').replace(/[*_`]/g, '');
  const required = header.required !== -1 && /^(?:yes|y|required|mandatory|true|x|\u2713|\u2714|\u2705|must|always|ja)/.test(said);
  note(draft, row.index, required ? 'precondition' : 'reference', undefined, required ? 'a value that has to be given' : 'a parameter');
}

function textOf(cells: readonly Prose[]): string {
  return cells
    .map((cell) => cell.text.trim())
    .filter((cell) => cell !== '')
    .join(': ');
}

function holdsCommand(cell: Prose): boolean {
  return cell.codes.some((code) => isCommand(code.value));
}

/** A row with one command in backticks and one claim becomes a step with an expectation. */
async function readCheck(
  draft: Draft,
  row: MarkdownBlock,
  context: Context,
  command: Prose | undefined,
  expected: Prose | undefined,
  parser: SqlParser,
): Promise<boolean> {
  const [code, ...more] = command?.codes ?? [];
  if (!command || !expected || !code || more.length > 0 || expected.text.trim() === '') return false;
  // Beside the command a few words may say where; more of them say something else.
  const beside = command.text.replace(`\`${code.value}\``, '').trim();
  if (/\b(?:never|not|don't|disabled|manual(?:ly)?|skip)\b/i.test(beside)) return false;
  if (!/^(?:\([^()]*\)|(?:on|at) [\w.-]+(?: [\w.-]+)?)?$/.test(beside)) return false;
  const known = codeMeaning(undefined, code.value);
  const meaning = known === 'sql' ? 'sql' : /\s|^\.{0,2}\//.test(code.value.trim()) || isCommand(code.value) ? 'shell' : undefined;
  if (meaning === undefined) return false;
  const offsets = cellOffsets(draft.document.text.text, code);
  const at = (offset: number): number => offsets[offset] ?? code.end;
  const place = {
    start: at(0),
    end: at(code.value.length - 1) + 1,
    place: at,
    title: context.title,
    role: context.area === 'preconditions' ? ('precondition' as const) : ('step' as const),
  };
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

/** For each unit of a cell's code its place in the source, where a bar is written `\|`. */
function cellOffsets(source: string, code: { readonly value: string; readonly start: number; readonly end: number }): readonly number[] {
  const offsets: number[] = [];
  const ticks = /^`+ ?/.exec(source.slice(code.start, code.end))?.[0].trimEnd().length ?? 1;
  let at = code.start + ticks;
  if (source.charAt(at) === ' ' && !code.value.startsWith(' ')) at += 1;
  for (const unit of code.value) {
    if (unit === '|' && source.charAt(at) === '\\') at += 1;
    for (let index = 0; index < unit.length; index += 1) offsets.push(at + index);
    at += unit.length;
  }
  return offsets;
}
