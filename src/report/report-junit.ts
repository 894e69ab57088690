/**
 * JUnit XML in the dialect that both usual schemas take (Jenkins' junit-10.xsd and Ant's JUnit.xsd): every planned item is a test case,
 * what was not run is skipped with its reason, and no verdict but passed comes out green.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { dataOf } from './data-of.ts';
import { cutText, lineOf, xmlText } from './format-text.ts';
import type { RecordedEvents } from './read-event.ts';
import type { ReportedPlan } from './report-finding.ts';
import { reportedItems, type ReportedItem } from './report-item.ts';

const mostName = 200;
const mostMessage = 1_000;
const mostText = 8_000;
/** Of so many items of the document that did not pass the facts are told; of the others the message alone. */
const mostTold = 500;

/** One document for all plans, each a test suite. Piece by piece, because a text cannot be as long as the records of many plans. */
export function* renderJunit(plans: readonly ReportedPlan[]): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
  let told = 0;
  const tells = (): boolean => (told += 1) <= mostTold;
  for (const [index, plan] of plans.entries()) yield* renderSuite(plan, index, tells);
  yield '</testsuites>\n';
}

function* renderSuite(plan: ReportedPlan, index: number, tells: () => boolean): Generator<string> {
  const opened = plan.record === undefined ? undefined : dataOf(plan.record.events, 'opened')[0];
  const path = lineOf(opened?.plan.path ?? plan.unopened?.path ?? '', mostName) || 'plan';
  const items = plan.record === undefined ? [unopenedItem(plan.unopened)] : reportedItems(plan.record);
  const [begin, end] = [plan.record?.events[0]?.ts, plan.record?.events.at(-1)?.ts];
  const number = (...elements: readonly (string | undefined)[]): number => items.filter((item) => elements.includes(elementOf(item))).length;
  const skipped = number('skipped');
  const attributes: readonly (readonly [string, string | number])[] = [
    ['name', path],
    ['package', path],
    ['id', index],
    ['timestamp', (begin ?? '1970-01-01T00:00:00').slice(0, 19)],
    ['hostname', 'localhost'],
    ['tests', items.length],
    ['failures', number('failure')],
    ['errors', number('error')],
    // Ant's schema of 2011 does not know it.
    ...(skipped === 0 ? [] : [['skipped', skipped] as const]),
    ['time', begin === undefined || end === undefined ? '0.000' : seconds(Date.parse(end) - Date.parse(begin))],
  ];
  yield `  <testsuite${attributes.map(([name, value]) => ` ${name}="${xmlText(String(value))}"`).join('')}>\n`;
  yield `    <properties>\n${properties(plan.record)
    .map(([name, value]) => `      <property name="${name}" value="${xmlText(lineOf(value, mostMessage))}"/>\n`)
    .join('')}    </properties>\n`;
  const named = new Map<string, number>();
  for (const item of items) yield renderCase(item, path, named, elementOf(item) !== undefined && tells());
  const messages = xmlText(cutText(plan.record?.broken ?? '', mostText));
  yield `    <system-out></system-out>\n    <system-err>${messages}</system-err>\n  </testsuite>\n`;
}

function renderCase(item: ReportedItem, path: string, named: Map<string, number>, tells: boolean): string {
  // Jenkins takes what stands before the last point for the package.
  const classname = `${path.replaceAll('.', '_')}.${item.group}`;
  const name = nameOnce(item.group === 'verdict' ? item.name : `${item.group} ${lineOf(item.name, mostName)}`, named);
  const open = `    <testcase classname="${xmlText(classname)}" name="${xmlText(name)}" time="${seconds(item.durationMs)}"`;
  const element = elementOf(item);
  if (element === undefined) return `${open}/>\n`;
  const word = item.verdict === 'none' ? 'not run' : item.verdict;
  const message = `message="${xmlText(lineOf(item.reason, mostMessage) || word)}" type="${word}"`;
  const place = item.span === undefined ? [] : [`${item.span.path}:${item.span.start.line}:${item.span.start.column}`];
  const text = tells ? cutText([...place, ...item.notes].join('\n'), mostText) : '';
  return `${open}>\n      <${element} ${message}>${xmlText(text)}</${element}>\n    </testcase>\n`;
}

/** What is unproven was looked for and not found: for a tool that knows red and green alone, it is red. */
function elementOf({ verdict }: ReportedItem): 'failure' | 'error' | 'skipped' | undefined {
  if (verdict === 'passed') return undefined;
  return verdict === 'none' ? 'skipped' : verdict === 'error' ? 'error' : 'failure';
}

/** GitLab would keep the first alone, which may be the one that passed. */
function nameOnce(name: string, named: Map<string, number>): string {
  let number = named.get(name) ?? 1;
  let own = number === 1 ? name : `${name} (${number})`;
  while (number > 1 && named.has(own)) own = `${name} (${(number += 1)})`;
  named.set(name, number + 1);
  named.set(own, Math.max(2, named.get(own) ?? 2));
  return own;
}

function unopenedItem(unopened: ReportedPlan['unopened']): ReportedItem {
  const reason = unopened?.reason ?? 'nothing was executed';
  return {
    group: 'verdict',
    name: 'verdict',
    verdict: 'error',
    reason,
    notes: [`exit code ${unopened?.exitCode ?? 5}`, 'nothing was executed', ...(unopened?.diagnostics ?? []).map(messageLine)],
    durationMs: 0,
  };
}

function messageLine({ severity, code, message, span }: Diagnostic): string {
  return `${severity}[${code}]${span === undefined ? '' : ` ${span.path}:${span.start.line}:${span.start.column}`}: ${message}`;
}

function properties(record: RecordedEvents | undefined): readonly (readonly [string, string])[] {
  const opened = record === undefined ? undefined : dataOf(record.events, 'opened')[0];
  if (record === undefined || opened === undefined) return [];
  return [
    ['proofplan.execution', record.execution],
    ['proofplan.attempt', String(opened.attempt)],
    ['proofplan.version', opened.tool.version],
    ['proofplan.plan.sha256', opened.plan.sha256],
    ['proofplan.reading.sha256', opened.readingSha256],
    ['proofplan.environment', opened.environment ?? ''],
    ['proofplan.commit', opened.workspace.commit ?? ''],
  ];
}

/** The clock may go back between two events. */
function seconds(durationMs: number): string {
  return (Math.max(0, Number.isFinite(durationMs) ? durationMs : 0) / 1000).toFixed(3);
}
