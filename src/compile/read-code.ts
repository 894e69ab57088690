/** A block of code, or an inline command, becomes a step (or a reference): by its language, its content and where it stands. */
import type { SqlParser } from '../policy/sql-parser.ts';
import type { ShellScript } from '../policy/shell-syntax.ts';
import { contentMeaning, type ContentMeaning } from './code-content.ts';
import type { Draft, SectionDraft, StepDraft } from './draft.ts';
import { compileQuery } from './query.ts';
import { compileSearchCommand } from './search-command.ts';
import { blankSqlHoles } from './sql-hole.ts';
import { readHoledShell } from './unquoted-hole.ts';

const shellLanguages = new Set([
  'bash',
  'sh',
  'shell',
  'zsh',
  'console',
  'shell-session',
  'bash-session',
  'sh-session',
  'shellsession',
  'terminal',
  'ksh',
  'dash',
  'azurecli',
  'azurecli-interactive',
  'shellscript',
  'scrut',
  'cram',
]);
const sqlLanguages = new Set(['sql', 'postgres', 'postgresql', 'pgsql', 'psql', 'plpgsql']);

export type CodeMeaning = ContentMeaning;

/** What a fence is, by its language; without one, by its content. */
export function codeMeaning(language: string | undefined, text: string): CodeMeaning {
  const name = languageOf(language);
  if (name === undefined || name === '') return contentMeaning(text);
  if (shellLanguages.has(name)) return 'shell';
  return sqlLanguages.has(name) ? 'sql' : 'reference';
}

/** `{.bash .numberLines}`, `bash,ignore`, `Bash` → `bash`. */
export function languageOf(language: string | undefined): string | undefined {
  return language?.replace(/^[{.]+|[},:].*$/g, '').toLowerCase();
}

export interface CodePlace {
  readonly start: number;
  readonly end: number;
  readonly place: (offset: number) => number;
  readonly title: string;
  readonly role: StepDraft['role'];
}

export function newStep(draft: Draft, section: SectionDraft, text: string, place: CodePlace): StepDraft {
  const step: StepDraft = {
    id: '',
    kind: 'shell',
    section,
    title: place.title,
    text,
    start: place.start,
    end: place.end,
    place: place.place,
    role: place.role,
    captures: [],
    expectations: [],
    supplies: [],
    environment: {},
    writes: [],
    productionPath: false,
    splices: [],
    command: text,
    fields: [],
  };
  draft.steps.push(step);
  return step;
}

/** A shell text: rg-check, coordinator-call or shell, by what it runs. */
export function readShell(draft: Draft, section: SectionDraft, text: string, place: CodePlace): StepDraft {
  const step = newStep(draft, section, text, place);
  const script = readHoledShell(text);
  step.script = script;
  const search = compileSearchCommand(script);
  if (search) {
    step.kind = 'rg-check';
    step.search = { ...search, quantity: section.meaning === 'search' ? 'each' : 'any' };
    return step;
  }
  if (/\bget_\w*coordinator\s*\(/.test(text) || /\s-m\s+[\w.]*coordinators?\b[\w.]*/.test(text)) {
    step.kind = 'coordinator-call';
    step.fields = fieldsOf(text);
    step.supplies.push(...step.fields);
  }
  if (runsPytest(script)) step.testRunner = 'pytest';
  return step;
}

/** An SQL text: one sql-assert for each statement. Holes become parameters before the parser sees it. */
export async function readSql(draft: Draft, section: SectionDraft, text: string, place: CodePlace, parser: SqlParser): Promise<readonly StepDraft[]> {
  const parts = await splitStatements(text, parser);
  const steps: StepDraft[] = [];
  for (const part of parts) {
    const step = newStep(draft, section, part.text, {
      ...place,
      start: place.place(part.offset),
      end: place.place(part.offset + part.text.length),
      place: (offset) => place.place(part.offset + offset),
      title: parts.length > 1 ? `${place.title} (${steps.length + 1} of ${parts.length})` : place.title,
    });
    step.kind = 'sql-assert';
    const query = await compileQuery(part.text, parser);
    step.splices = query.splices;
    step.command = query.sql.text;
    step.sql = query.sql;
    step.supplies.push(...query.sql.columns.map((column) => column.name));
    steps.push(step);
  }
  return steps;
}

async function splitStatements(text: string, parser: SqlParser): Promise<readonly { readonly text: string; readonly offset: number }[]> {
  // A hole is as long as a parameter of the same width, so that the parser's offsets hold for the author's text.
  const parsed = await parser.parse(blankSqlHoles(text));
  if (parsed.kind !== 'statements' || parsed.statements.length < 2) return [{ text, offset: 0 }];
  return parsed.statements.map((statement) => ({
    text: text.slice(statement.offset, statement.offset + statement.length).trim(),
    offset: statement.offset + (text.slice(statement.offset).length - text.slice(statement.offset).trimStart().length),
  }));
}

/** Names that a program prints as `name: value`: the literal starts of its print calls. */
export function fieldsOf(text: string): string[] {
  const names = [...text.matchAll(/\b(?:print|console\.log|puts|echo|printf)\s*\(?\s*f?["'`]([A-Za-z_]\w*)\s*[:=]/g)].map((match) => match[1] ?? '');
  return [...new Set(names)];
}

function runsPytest(script: ShellScript): boolean {
  // With a function, an alias or a PATH of its own a block can call anything `pytest`.
  if (script.assigned.includes('PATH') || script.commands.some((command) => command.assignments.some((assignment) => assignment.name === 'PATH'))) return false;
  if (
    script.statements.some((statement) => statement.kind === 'function') ||
    script.commands.some((command) => command.within === 'function' || command.words[0]?.value === 'alias')
  )
    return false;
  return script.commands.some((command) => {
    const values = command.words.map((word) => word.value ?? '');
    const program = values[0]?.split('/').at(-1) ?? '';
    return (
      program === 'pytest' ||
      program === 'py.test' ||
      (/^python[\d.]*$/.test(program) && values.some((value, index) => value === '-m' && values[index + 1] === 'pytest'))
    );
  });
}
