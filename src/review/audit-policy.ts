/** `audit explain DIR POLICY`: one policy sentence from the plan to the evidence, with the numbers of the entries that say it. */
import { readEvidence } from '../journal/evidence-store.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { PolicyRule, PolicyScope, Strength } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import { bestStrength } from './expected-strength.ts';
import { plainLine, plainLines } from './plain-text.ts';
import type { ShownExecution } from './show.ts';

/** An event's data with its number in the journal. */
export type Numbered<D> = D & { readonly entry: number };

/** One declared policy and everything that the journal says about it. */
export interface ExplainedPolicy {
  readonly declared: Numbered<EventData['policy-declared']>;
  /** Every row of the judgement; none where the execution ended before. */
  readonly enforced: readonly Numbered<EventData['policy-enforced']>[];
  readonly canaries: readonly Numbered<EventData['canary']>[];
  readonly decisions: readonly Numbered<EventData['decision']>[];
  readonly tripwires: readonly Numbered<EventData['tripwire']>[];
  /** What was said about the sentence, such as that no guard keeps it. */
  readonly diagnostics: readonly Numbered<Diagnostic>[];
  /** The line that declares it, out of the document that was executed; absent where that is not among the evidence. */
  readonly frame?: { readonly text: string; readonly column: number; readonly length: number };
}

const meanings: Readonly<Record<Strength, string>> = {
  PREVENTED: 'what it forbids has no effect',
  DETECTED: 'what it forbids may take effect, and fails the execution when it does',
  ATTESTED: 'it holds by what is written and recorded; no guard stands before it',
  UNENFORCED: 'nothing keeps it',
};

/** The policies that are meant by a number (`P1`), a line, a kind, or words of the sentence. */
export function findPolicies({ events }: ShownExecution, wanted: string): readonly Numbered<EventData['policy-declared']>[] {
  const declared = numbered(events, 'policy-declared');
  const folded = wanted.trim().replaceAll(/\s+/g, ' ').toLowerCase();
  const tests: readonly ((policy: EventData['policy-declared']) => boolean)[] = [
    ({ id }) => id.toLowerCase() === folded,
    ({ span }) => /^\d+$/.test(folded) && span.start.line === Number(folded),
    ({ rule }) => rule.kind === folded,
    ({ text }) => folded !== '' && text.replaceAll(/\s+/g, ' ').toLowerCase().includes(folded),
  ];
  for (const test of tests) {
    const found = declared.filter(test);
    if (found.length > 0) return found;
  }
  return [];
}

/** `folder` holds the evidence, out of which the frame is cut. */
export async function explainPolicy({ events }: ShownExecution, declared: Numbered<EventData['policy-declared']>, folder: string): Promise<ExplainedPolicy> {
  const { id, span } = declared;
  const enforced = numbered(events, 'policy-enforced').filter((row) => row.id === id);
  const told = enforced.map((row) => row.canary ?? '').join(', ');
  const frame = await readFrame(events, span, folder);
  return {
    declared,
    enforced,
    canaries: numbered(events, 'canary').filter(({ name }) => told.includes(`${name}: `)),
    decisions: numbered(events, 'decision').filter((decision) => decision.policies.includes(id)),
    tripwires: numbered(events, 'tripwire').filter((tripwire) => tripwire.policies.includes(id)),
    diagnostics: numbered(events, 'diagnostic').filter((diagnostic) => diagnostic.span !== undefined && isSamePlace(diagnostic.span, span)),
    ...(frame === undefined ? {} : { frame }),
  };
}

/** Text without a last line feed. */
export function renderExplainedPolicy(explained: ExplainedPolicy): string {
  const { declared, enforced, canaries, decisions, tripwires, diagnostics, frame } = explained;
  const { line, column } = declared.span.start;
  const gutter = String(line);
  return [
    `${declared.id} ${declared.rule.kind}: ${plainLine(declared.text)}`,
    `  declared: ${plainLine(declared.span.path)}:${line}:${column}, by the ${declared.origin}, for ${renderScope(declared.scope)} (entry ${declared.entry})`,
    ...(frame === undefined
      ? []
      : [
          `    ${gutter} | ${shownText(frame.text)}`,
          `    ${' '.repeat(gutter.length)} | ${' '.repeat(shownText(frame.text.slice(0, frame.column - 1)).length)}${'^'.repeat(Math.max(1, frame.length))}`,
        ]),
    `  read as: ${renderRule(declared.rule)}`,
    ...(enforced.length === 0 ? ['  enforced: not judged, the execution ended before'] : enforced.flatMap(renderEnforced)),
    ...list(
      'canaries',
      canaries.map(
        ({ entry, moment, layer, name, refused, detail }) =>
          `entry ${entry}, ${moment}, ${layer}: ${name} ${refused ? 'refused' : 'NOT refused'}: ${plainLine(detail)}`,
      ),
      'none: no forbidden act of the runner was tried against it',
    ),
    ...list(
      'decisions',
      decisions.map(
        ({ entry, effect, step, source, rule, reason, text, count }) =>
          `entry ${entry}, step ${step}, ${source}: ${effect} ${plainLine(text)}${count === 1 ? '' : ` (${count} times)`}: ${plainLine(reason)} (${rule})`,
      ),
      'none: nothing was put before it',
    ),
    ...list(
      'tripwires',
      tripwires.map(
        ({ entry, step, kind, what, explained: known }) => `entry ${entry}, step ${step}, ${kind}: ${plainLine(what)}${known ? ' (explained)' : ''}`,
      ),
      'none: nothing was found after a step',
    ),
    ...list(
      'said about it',
      diagnostics.map(({ entry, severity, code, message }) => `entry ${entry}: ${severity}[${code}]: ${plainLine(message)}`),
    ),
    ...list('not kept', lacksOf(explained), 'nothing'),
  ].join('\n');
}

/** What could not be enforced, and why, as far as the record knows. */
function lacksOf({ declared, enforced, canaries }: ExplainedPolicy): readonly string[] {
  const best = bestStrength[declared.rule.kind];
  return [
    ...(enforced.length === 0 ? ['whether it was kept at all: the execution ended before it was judged'] : []),
    ...enforced.flatMap(({ strength, by, entry }) =>
      strength === best && strength !== 'UNENFORCED'
        ? []
        : [`${strength} instead of ${best === 'UNENFORCED' ? 'anything a guard keeps' : best}: ${plainLine(by)} (entry ${entry})`],
    ),
    ...canaries.filter(({ refused }) => !refused).map(({ name, layer, entry }) => `the ${layer} let a forbidden act pass: ${name} (entry ${entry})`),
  ];
}

function renderEnforced({ strength, by, verdict, permitted, refused, entry }: Numbered<EventData['policy-enforced']>): readonly string[] {
  return [
    `  enforced: ${strength} by ${plainLine(by)} (entry ${entry})`,
    `    ${meanings[strength]}`,
    `    ${verdict === 'none' ? 'not judged' : verdict}: ${permitted} permitted, ${refused} refused`,
  ];
}

/** A document's line, its spaces kept: the caret under it must stand where it belongs. */
function shownText(line: string): string {
  return plainLines(`${line}|`).join(' ').slice(0, -1);
}

function renderScope(scope: PolicyScope): string {
  if (scope.kind === 'document') return 'the whole document';
  return scope.kind === 'section' ? `section ${scope.section}` : `step ${scope.step}`;
}

/** `no-manual-writes, tables runs, writer 2.1`. */
function renderRule({ kind, ...rest }: PolicyRule): string {
  return [kind, ...Object.entries(rest).map(([name, value]) => `${name} ${plainLine(Array.isArray(value) ? value.join(' ') : String(value))}`)].join(', ');
}

function list(title: string, rows: readonly string[], nothing?: string): readonly string[] {
  if (rows.length === 0) return nothing === undefined ? [] : [`  ${title}: ${nothing}`];
  return [`  ${title}:`, ...rows.map((row) => `    ${row}`)];
}

function numbered<K extends EventKind>(events: readonly ExecutionEvent[], kind: K): readonly Numbered<EventData[K]>[] {
  return events.filter((event) => event.kind === kind).map((event) => ({ ...(event.data as EventData[K]), entry: event.seq }));
}

function isSamePlace(one: Span, other: Span): boolean {
  return one.path === other.path && one.start.line === other.start.line;
}

async function readFrame(events: readonly ExecutionEvent[], span: Span, folder: string): Promise<ExplainedPolicy['frame']> {
  const opened = events.find((event) => event.kind === 'opened');
  if (opened?.kind !== 'opened') return undefined;
  const document = [opened.data.plan, opened.data.addendum].find((each) => each?.path === span.path);
  if (document === undefined) return undefined;
  const { value } = await readEvidence(folder, document.sha256);
  const text = value?.bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)[span.start.line - 1];
  if (text === undefined) return undefined;
  const end = span.end.line === span.start.line ? span.end.column : text.length + 1;
  return { text, column: span.start.column, length: end - span.start.column };
}
