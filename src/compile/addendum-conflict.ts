/** What a schema cannot say about an addendum: entries that bind the same thing twice, and bindings that mean nothing. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import type { Addendum, AddendumCaptureSource, AddendumEntry } from './addendum-shape.ts';
import { holesIn } from './placeholder.ts';
import { listed } from './schema-finding.ts';
import { judgedProblems } from './yaml-claim.ts';
import { itemsAt, type YamlPart } from './yaml-part.ts';

const witnessKeys = ['claim', 'is', 'expectation', 'step', 'policy', 'writeOrder', 'fresh', 'eachHitOf'];
const checkKeys = ['run', 'sql', 'holds', 'variable', 'checks'];
const reportKeys = ['name', 'sql', 'yes', 'rows', 'files'];
const sourceKeys = ['line', 'column', 'stdout', 'label', 'variable', 'from'];

export function addendumConflicts(addendum: Addendum, top: YamlPart): readonly Diagnostic[] {
  return [
    // One step, task, field or block is bound by one entry; a precondition, a criterion or a policy may need several.
    ...[addendum.steps, addendum.tasks, addendum.report, addendum.accept].flatMap((list) => boundTwice(list, ({ at }) => at)),
    ...boundTwice(addendum.captures, ({ at, name }) => JSON.stringify([at, name])),
    ...[addendum.preconditions, addendum.searches, addendum.probes, addendum.expectations, addendum.policies, addendum.criteria].flatMap((list) =>
      boundTwice(list, sameContent),
    ),
    ...addendum.captures.flatMap(({ sources }) => sources.flatMap(unusablePattern)),
    ...itemsAt(top, 'preconditions').flatMap((part) => [...exclusive(part, ['holds', 'expect']), ...exclusive(part, checkKeys)]),
    // A YAML plan has its captures in its steps, and witnesses in clauses.
    ...[top, ...itemsAt(top, 'steps'), ...itemsAt(top, 'teardown')].flatMap((holder) =>
      itemsAt(holder, 'captures').flatMap((part) => exclusive(part, sourceKeys)),
    ),
    ...itemsAt(top, 'criteria').flatMap((part) => [part, ...itemsAt(part, 'clauses')].flatMap((each) => itemsAt(each, 'witness').flatMap(witnessConflict))),
    ...itemsAt(top, 'criteria').flatMap((part) =>
      [part, ...itemsAt(part, 'clauses')].flatMap((each) => itemsAt(each, 'witness').flatMap((witness) => judgedProblems(witness.get('is')))),
    ),
    ...[...itemsAt(top, 'steps'), ...itemsAt(top, 'teardown')].flatMap((step) => itemsAt(step, 'expect').flatMap((part) => judgedProblems(part.get('is')))),
    ...[...itemsAt(top, 'steps'), ...itemsAt(top, 'teardown')].flatMap((part) => exclusive(part, ['retry', 'eventually'])),
    ...itemsAt(top, 'report').flatMap((part) => exclusive(part, reportKeys)),
  ];
}

function boundTwice(
  list: readonly (AddendumEntry & { readonly name?: string })[],
  identity: (entry: AddendumEntry & { readonly name?: string }) => string | undefined,
): readonly Diagnostic[] {
  const first = new Map<string, AddendumEntry>();
  return list.flatMap((entry): readonly Diagnostic[] => {
    const key = identity(entry) ?? '';
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, entry);
      return [];
    }
    return [
      {
        severity: 'error',
        code: 'compile/duplicate-entry',
        message: 'the same is bound twice',
        span: entry.atSpan ?? entry.span,
        notes: [`first bound in line ${earlier.span.start.line}`],
        help: 'make one entry of the two',
      },
    ];
  });
}

/** Everything that an entry says, without its places. */
function sameContent(entry: AddendumEntry): string {
  return JSON.stringify(entry, (key, value: unknown) => (key === 'span' || key === 'atSpan' ? undefined : value));
}

function unusablePattern(source: AddendumCaptureSource): readonly Diagnostic[] {
  if (source.kind !== 'line') return [];
  const { pattern, take, span } = source;
  const holes = holesIn(pattern);
  if (holes.length === 0) return [patternWithoutHole(pattern, span)];
  if (take === undefined || holes.some((hole) => hole.name === take)) return [];
  return [
    {
      severity: 'error',
      code: 'compile/pattern-without-hole',
      message: `\`<${take}>\` is no hole of \`${pattern}\``,
      span,
      help: `take one of ${listed(holes.map((hole) => hole.written))}`,
    },
  ];
}

/** A line pattern out of which no value can be taken. */
export function patternWithoutHole(pattern: string, span: Span): Diagnostic {
  return {
    severity: 'error',
    code: 'compile/pattern-without-hole',
    message: `\`${pattern}\` has no hole for the value`,
    span,
    help: 'put a hole such as `<uuid>` where the value stands',
  };
}

/** `step` beside `claim` or `is` says whose evidence the claim is about; else one witness is one thing. */
function witnessConflict(part: YamlPart): readonly Diagnostic[] {
  return exclusive(part, part.get('claim') === undefined && part.get('is') === undefined ? witnessKeys : witnessKeys.filter((key) => key !== 'step'));
}

function exclusive(part: YamlPart, keys: readonly string[]): readonly Diagnostic[] {
  const present = keys.filter((key) => part.get(key) !== undefined);
  const last = present.at(-1);
  if (present.length < 2 || last === undefined) return [];
  return [
    {
      severity: 'error',
      code: 'compile/conflicting-keys',
      message: `${listed(present)} exclude each other`,
      span: part.get(last)?.keySpan ?? part.span,
      help: 'keep one of them',
    },
  ];
}
