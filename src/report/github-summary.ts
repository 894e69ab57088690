/**
 * The summary of a job of GitHub Actions: Markdown that says in five seconds what the verdict is and why. A step's summary is dropped
 * whole when it is over 1 MiB, so what does not fit is counted. No text of a plan or a program can become markup.
 */
import type { Span } from '../model/span.ts';
import type { Verdict } from '../model/verdict.ts';
import { dataOf } from './data-of.ts';
import { lineOf } from './format-text.ts';
import { planFindings, type ReportedPlan } from './report-finding.ts';
import { reportedItems, type ReportedItem } from './report-item.ts';
import { count, renderDuration, verdictMarks } from './verdict-mark.ts';

export interface SummaryOptions {
  /** Where a line of a file can be looked at; undefined where nobody knows. */
  readonly linkOf: (path: string, line: number) => string | undefined;
  /** In UTF-8. */
  readonly mostBytes: number;
}

const mostRows = 50;
const mostCell = 300;
const encoder = new TextEncoder();

/** All plans in a table, then each that did not pass with what kept it from that, then the others. */
export function renderSummary(plans: readonly ReportedPlan[], options: SummaryOptions): string {
  const told = plans.map((plan) => ({ plan, ...planFindings(plan) }));
  const ordered = told.toSorted((a, b) => Number(a.verdict.verdict === 'passed') - Number(b.verdict.verdict === 'passed'));
  const bad = told.filter(({ verdict }) => verdict.verdict !== 'passed').length;
  const heads =
    told.length < 2
      ? []
      : [
          bad === 0
            ? `## ${mark('passed')} ${count(told.length, 'plan')} passed`
            : `## ${mark('failed', 'not passed')} ${bad} of ${count(told.length, 'plan')}`,
          table(
            ['plan', 'verdict', 'why'],
            ordered.map(({ path, verdict }) => [text(path), mark(verdict.verdict), text(verdict.reason)]),
            'plan',
          ),
        ];
  const sections = ordered.map(({ plan, path, verdict }) => renderPlan(plan, path, verdict, options));
  return fit([...heads, ...sections], options.mostBytes);
}

/** Whole sections, as many as fit: a table that is cut in its middle would be another table. */
function fit(sections: readonly string[], mostBytes: number): string {
  let whole = '';
  let bytes = 0;
  for (const [index, section] of sections.entries()) {
    const size = encoder.encode(`${section}\n\n`).length;
    const rest = `*${sections.length - index} more sections are left out here, because a summary may not be longer; the reports hold all.*\n`;
    if (bytes + size + rest.length > mostBytes) return bytes + rest.length > mostBytes ? whole : `${whole}${rest}`;
    whole += `${section}\n\n`;
    bytes += size;
  }
  return whole;
}

function renderPlan(plan: ReportedPlan, path: string, { verdict, reason }: ReturnType<typeof planFindings>['verdict'], options: SummaryOptions): string {
  const { record } = plan;
  const opened = record === undefined ? undefined : dataOf(record.events, 'opened')[0];
  const [begin, end] = [record?.events[0]?.ts, record?.events.at(-1)?.ts];
  const items = record === undefined ? [] : reportedItems(record).slice(1);
  const steps = items.filter(({ group }) => group === 'step');
  const facts = [
    ...(steps.length === 0 ? [] : [`${steps.filter((step) => step.verdict !== 'none').length} of ${count(steps.length, 'step')} run`]),
    ...(begin === undefined || end === undefined ? [] : [renderDuration(Math.max(0, Date.parse(end) - Date.parse(begin)))]),
    ...(opened === undefined
      ? []
      : [`attempt ${opened.attempt}`, ...(opened.workspace.commit === null ? [] : [`commit ${text(opened.workspace.commit.slice(0, 12))}`])]),
    ...(record === undefined ? [] : [`execution ${text(record.execution)}`]),
  ];
  const bad = items.filter((item) => item.verdict !== 'passed' && !(item.verdict === 'none' && item.group !== 'step'));
  const said = plan.unopened?.diagnostics ?? [];
  const policies = items.filter(({ group }) => group === 'policy');
  return [
    `### ${mark(verdict)} ${text(opened?.plan.title ?? path)}`,
    text(reason),
    [text(path), ...facts].join(' · '),
    ...(bad.length === 0
      ? []
      : [
          `#### Not passed or not run: ${bad.length}`,
          table(
            ['what', 'verdict', 'why', 'where'],
            bad
              .toSorted(byVerdict)
              .slice(0, mostRows)
              .map((item) => row(item, options)),
            'item',
            bad.length,
          ),
        ]),
    ...(said.length === 0
      ? []
      : [
          table(
            ['what', 'message', 'next', 'where'],
            said
              .slice(0, mostRows)
              .map(({ severity, code, message, help, span }) => [text(`${severity}[${code}]`), text(message), text(help ?? ''), where({ span }, options)]),
            'message',
            said.length,
          ),
        ]),
    ...(policies.length === 0
      ? []
      : [
          '#### Policies',
          table(
            ['policy', 'verdict', 'how it was kept', 'where'],
            policies.slice(0, mostRows).map((item) => [text(item.name), mark(item.verdict), text(item.notes.join('; ')), where(item, options)]),
            'policy',
            policies.length,
          ),
        ]),
  ].join('\n\n');
}

const order: readonly Verdict[] = ['error', 'refused', 'failed', 'unproven', 'none', 'passed'];

function byVerdict(a: ReportedItem, b: ReportedItem): number {
  return order.indexOf(a.verdict) - order.indexOf(b.verdict);
}

function row(item: ReportedItem, options: SummaryOptions): readonly string[] {
  return [`${item.group} ${text(item.name)}`, mark(item.verdict, item.verdict === 'none' ? 'not run' : item.verdict), text(item.reason), where(item, options)];
}

function where({ span }: { readonly span?: Span | undefined }, { linkOf }: SummaryOptions): string {
  if (span === undefined) return '';
  const place = `${text(span.path)}:${span.start.line}`;
  const link = linkOf(span.path, span.start.line);
  return link === undefined ? place : `[${place}](${link})`;
}

/** Symbol and word, as everywhere. */
function mark(verdict: Verdict, word: string = verdict === 'none' ? 'not judged' : verdict): string {
  return `${verdictMarks[verdict]} **${word}**`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], noun: string, total = rows.length): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => (cell === '' ? ' ' : cell)).join(' | ')} |`;
  const shown = rows.slice(0, mostRows);
  const left = total - shown.length;
  return [line(head), line(head.map(() => '---')), ...shown.map(line), ...(left === 0 ? [] : ['', `*and ${count(left, `more ${noun}`)}*`])].join('\n');
}

/**
 * Text in one line in which nothing is markup: what Markdown, its tables or HTML would read are character references, which cannot
 * stand for structure (CommonMark 2.5). What would become a link or a mention by itself (GFM 6.9), or begin a list, is kept from it by
 * a word joiner, which nobody sees.
 */
function text(of: string): string {
  return lineOf(of, mostCell)
    .replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd')
    .replace(/^[-+=]|^\d+[.)](?=\s|$)|:\/\/|www\.|@/gi, (found) => `${found.slice(0, -1)}${joiner}${found.slice(-1)}`)
    .replace(/[&<>`*_~[\]()#|\\!$@{}^]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replaceAll('::', '&#58;:');
}

const joiner = '\u2060';
