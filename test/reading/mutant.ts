/**
 * Documents with one line changed: what a slip of the author or a hostile edit would do. Each mutant must be seen by the
 * comparison of plans or by `check`, or its line must be one that `explain` shows as text without meaning.
 */
import type { Block, Disposition, Plan } from '../../src/model/plan.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import { comparePlan } from '../../src/review/compare-plan.ts';
import { compileText, type PlanText } from '../review/diff-fixture.ts';

export interface Mutant {
  readonly path: string;
  readonly lineNumber: number;
  readonly kind: string;
  readonly line: string;
  /** Undefined: the line is deleted. */
  readonly changed: string | undefined;
}

/** One change of a line, where it applies. Each row changes the first place that it finds. */
const changes: readonly { readonly kind: string; readonly of: RegExp; readonly to: (match: string) => string }[] = [
  { kind: 'number', of: /\d+/, to: (match) => String(BigInt(match) + 1n).padStart(match.length, '0') },
  { kind: 'name', of: /`[^`]*[A-Za-z][^`]*`/, to: (match) => match.replace(/[A-Za-z]+(?=[^A-Za-z]*$)/, (word) => `${word}x`) },
  {
    kind: 'operator',
    of: />=|<=|==|!=|≥|≤|(?<![-=<>!])=(?![=>])|(?<=\s)[<>](?=\s)/,
    to: (match) => ({ '>=': '<', '<=': '>', '==': '!=', '!=': '==', '≥': '<', '≤': '>', '=': '!=', '<': '>=', '>': '<=' })[match] ?? '',
  },
  {
    kind: 'bound',
    of: /\b(?:at least|at most|exactly|more than|less than|fewer than|before|after)\b/i,
    to: (match) =>
      ({
        'at least': 'at most',
        'at most': 'at least',
        exactly: 'at least',
        'more than': 'at most',
        'less than': 'at least',
        'fewer than': 'at least',
        before: 'after',
        after: 'before',
      })[match.toLowerCase()] ?? '',
  },
  {
    kind: 'negation',
    of: /\bdo \*\*not\*\*|\b(?:do not|don't|never|must not|not|no|without|cannot)\b/i,
    to: (match) =>
      ({ 'do not': 'do', "don't": 'do', never: 'always', 'must not': 'must', no: 'some', without: 'with', cannot: 'can' })[
        match.toLowerCase().replaceAll('*', '')
      ] ?? '',
  },
];

/** Of lists and quotes. Markdown counts the items of a list by itself, whatever numbers stand there. */
const markers = /^[\s>]*(?:[-*+]\s+)?(?:\d+[.)]\s+)?/;

/** Every mutant of a document, in the order of its lines. A line that is blank, in a quote or not, says nothing. */
export function mutantsOf({ path, text }: PlanText): readonly Mutant[] {
  return text.split('\n').flatMap((line, index): readonly Mutant[] => {
    if (/^[\s>]*$/.test(line)) return [];
    const common = { path, lineNumber: index + 1, line };
    const marker = markers.exec(line)?.[0] ?? '';
    const changed = changes
      .map(({ kind, of, to }) => ({ ...common, kind, changed: `${marker}${line.slice(marker.length).replace(of, to)}` }))
      .filter((mutant) => mutant.changed !== line);
    return [{ ...common, kind: 'deletion', changed: undefined }, ...changed];
  });
}

export type Fate =
  /** The comparison tells a difference. */
  | 'seen'
  /** The reading is the same, and `check` says something else than before. */
  | 'reported'
  /** The same plan, and the line is text without meaning in the original. */
  | 'idle'
  /** The same plan, and the line had a meaning. */
  | 'survived';

/** One original with its plan, against which its mutants are judged. */
export interface Original {
  readonly source: PlanText;
  readonly plan: Plan;
  readonly said: string;
}

export async function originalOf(source: PlanText, parser: SqlParser): Promise<Original> {
  const { plan, diagnostics } = await compileText(source, parser);
  if (plan === undefined) throw new Error(`${source.path} cannot be read`);
  return { source, plan, said: codesOf(diagnostics) };
}

export async function fateOf(
  mutant: Mutant,
  { source, plan, said }: Original,
  parser: SqlParser,
): Promise<{ readonly fate: Fate; readonly dispositions: readonly Disposition[] }> {
  const lines = source.text.split('\n');
  lines.splice(mutant.lineNumber - 1, 1, ...(mutant.changed === undefined ? [] : [mutant.changed]));
  const { plan: other, diagnostics } = await compileText({ ...source, text: lines.join('\n') }, parser);
  const dispositions = dispositionsAt(plan, mutant.lineNumber);
  if (other === undefined || comparePlan(plan, other).changes.length > 0) return { fate: 'seen', dispositions };
  if (codesOf(diagnostics) !== said) return { fate: 'reported', dispositions };
  return { fate: dispositions.every((each) => each === 'narrative' || each === 'reference') ? 'idle' : 'survived', dispositions };
}

/** What `explain` says of a line: the dispositions of the smallest blocks that it belongs to. */
function dispositionsAt(plan: Plan, lineNumber: number): readonly Disposition[] {
  const holding = plan.blocks.filter(
    ({ span }) => span.start.line <= lineNumber && lineNumber <= span.end.line && !(span.end.column === 1 && span.end.line === lineNumber),
  );
  const inner = holding.filter((block) => !holding.some((other) => other !== block && isInside(other, block)));
  return inner.map((block) => block.disposition);
}

function isInside(inner: Block, outer: Block): boolean {
  const [a, b] = [inner.span, outer.span];
  return a.start.offset >= b.start.offset && a.end.offset <= b.end.offset && a.end.offset - a.start.offset < b.end.offset - b.start.offset;
}

function codesOf(diagnostics: readonly { readonly code: string }[]): string {
  return diagnostics
    .map((each) => each.code)
    .sort()
    .join(' ');
}

/** PostgreSQL's answers do not depend on the document: mutants share them. */
export function withMemory(parser: SqlParser): SqlParser {
  const [parsed, bodies] = [new Map<string, ReturnType<SqlParser['parse']>>(), new Map<string, ReturnType<SqlParser['parsePlpgsql']>>()];
  return {
    parse: (text) => remember(parsed, text, () => parser.parse(text)),
    parsePlpgsql: (text) => remember(bodies, text, () => parser.parsePlpgsql(text)),
    close: () => parser.close(),
  };
}

function remember<T>(known: Map<string, T>, text: string, ask: () => T): T {
  const answer = known.get(text) ?? ask();
  known.set(text, answer);
  return answer;
}

/** `plans/x.md:12 number (criterion): …`. */
export function describeMutant({ path, lineNumber, kind, line, changed }: Mutant, dispositions: readonly Disposition[]): string {
  return `${path}:${lineNumber} ${kind} (${[...new Set(dispositions)].join(', ')}): ${changed === undefined ? line.trim() : changed.trim()}`;
}

/** Deterministic numbers from 0 to 1 (mulberry32, Tommy Ettinger): the same sample in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
