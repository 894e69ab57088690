/** Claims on a query that its own text decides, whatever the data are: they judge nothing. */
import type { CellTest, Claim, Operand, Operator } from '../model/claim.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Value } from '../model/value.ts';
import { span, suppliersOf, type Binder } from './bind.ts';
import type { StepDraft } from './draft.ts';
import { holds, type ValueRange } from './value-range.ts';

interface Finding {
  readonly always: boolean;
  readonly why: string;
  readonly help?: string;
}

/** What a side of a comparison can be, and whether it is there in any case. */
interface Side extends ValueRange {
  readonly shown: string;
  readonly certain: boolean;
}

/** Reports every claim that could not fail, and every one that could not hold. */
export function reportUnfailable(binder: Binder): void {
  for (const step of binder.draft.steps) {
    for (const { claim, span: place } of step.expectations) {
      const found = findingOf(binder, step, claim);
      if (found) binder.diagnostics.push(diagnosticOf(found, place ?? span(binder, step)));
    }
  }
}

function diagnosticOf({ always, why, help }: Finding, place: Diagnostic['span']): Diagnostic {
  return {
    severity: 'error',
    code: always ? 'compile/vacuous-claim' : 'compile/impossible-claim',
    message: `nothing could make this claim ${always ? 'fail' : 'hold'}: ${why}`,
    ...(place ? { span: place } : {}),
    help: help ?? (always ? 'claim what the data decide: another bound, or a value that is stored' : 'write what the query can show'),
  };
}

function findingOf(binder: Binder, step: StepDraft, claim: Claim): Finding | undefined {
  switch (claim.kind) {
    case 'rows':
      return step.sql?.mode === 'read' ? ofRows(step.sql, claim) : undefined;
    case 'compare':
      return ofComparison(sideOf(binder, step, claim.left), claim.operator, sideOf(binder, step, claim.right));
    case 'null': {
      const side = named(binder, step, claim.name);
      if (side === undefined || side.nullable) return undefined;
      if (claim.negated) return side.certain ? { always: true, why: `${side.shown} is never NULL` } : undefined;
      return { always: false, why: `${side.shown} is never NULL` };
    }
    case 'member': {
      const side = named(binder, step, claim.name);
      return side?.certain && isConstant(side) ? constant(side) : undefined;
    }
    case 'unique':
      return step.sql?.oneRow ? { always: true, why: 'the query answers with one row, whatever the data are' } : undefined;
    case 'each-row':
      return ofCell(named(binder, step, claim.name), claim.test);
    default:
      return undefined;
  }
}

function ofRows(sql: NonNullable<StepDraft['sql']>, { bound, count }: Extract<Claim, { readonly kind: 'rows' }>): Finding | undefined {
  if (sql.oneRow) {
    const holds = bound === 'exactly' ? count === 1 : bound === 'at-least' ? count <= 1 : count >= 1;
    const name = sql.columns[0]?.column ?? 'count';
    return {
      always: holds,
      why: 'the query answers with one row, whatever the data are',
      help: `claim what that row shows: \`${name} = ${count}\`, \`${name} >= 1\``,
    };
  }
  if (sql.maxRows === 0)
    return { always: bound !== 'at-least' && count === 0 ? true : bound === 'at-most', why: 'the query answers with no row, whatever the data are' };
  if (bound === 'at-most' && count >= sql.maxRows) return { always: true, why: `its LIMIT leaves at most ${sql.maxRows}` };
  return bound !== 'at-most' && count > sql.maxRows ? { always: false, why: `its LIMIT leaves at most ${sql.maxRows}` } : undefined;
}

function ofCell(side: Side | undefined, test: CellTest): Finding | undefined {
  if (side === undefined) return undefined;
  if (test.kind === 'compare') return ofComparison({ ...side, certain: false }, test.operator, ofLiteral(test.value));
  if (test.kind === 'null' && !side.nullable) return { always: test.negated, why: `${side.shown} is never NULL` };
  return undefined;
}

function ofComparison(left: Side | undefined, operator: Operator, right: Side | undefined): Finding | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (isConstant(left) && isConstant(right)) {
    if (!left.certain || !right.certain) return undefined;
    const equal = left.text === undefined ? left.min === right.min : left.text === right.text;
    return (operator === '==' && !equal) || (operator === '!=' && equal) ? { always: false, why: constant(left).why } : constant(left);
  }
  if (left.text !== undefined || right.text !== undefined || left.boolean !== right.boolean) return undefined;
  const always = holds(left, operator, right);
  if (always === undefined) return undefined;
  const [side, other] = Number.isFinite(left.min) || Number.isFinite(left.max) ? [left, right] : [right, left];
  return { always, why: `${side.shown} is ${bounds(side)}${isConstant(other) ? '' : ` and ${other.shown} is ${bounds(other)}`}` };
}

function constant(side: Side): Finding {
  return { always: true, why: `${side.shown} stands in the query itself`, help: 'claim something that is stored' };
}

function isConstant(side: ValueRange): boolean {
  return side.text !== undefined || (side.min === side.max && Number.isFinite(side.min));
}

function bounds({ min, max }: ValueRange): string {
  if (min === max) return `always ${min}`;
  return min === Number.NEGATIVE_INFINITY
    ? `never more than ${max}`
    : max === Number.POSITIVE_INFINITY
      ? `never less than ${min}`
      : `between ${min} and ${max}`;
}

function sideOf(binder: Binder, step: StepDraft, operand: Operand): Side | undefined {
  if (operand.kind === 'literal') return ofLiteral(operand.value);
  const side = named(binder, step, operand.name);
  if (side === undefined || operand.plus === undefined) return side;
  const plus = Number(operand.plus);
  return { ...side, min: side.min + plus, max: side.max + plus, shown: `${side.shown} ${plus < 0 ? '-' : '+'} ${Math.abs(plus)}` };
}

function named(binder: Binder, step: StepDraft, name: string): Side | undefined {
  const found = [step, ...suppliersOf(binder, name)].find((candidate) => candidate.sql?.ranges.has(name));
  const range = found?.sql?.ranges.get(name);
  return range && { ...range, shown: `\`${name}\``, certain: found?.sql?.oneRow === true };
}

function ofLiteral(value: Value): Side | undefined {
  const text = value.text ?? '';
  const given = { shown: `\`${text}\``, certain: true, nullable: false };
  if (value.type === 'boolean') return { ...given, min: text === 'true' ? 1 : 0, max: text === 'true' ? 1 : 0, boolean: true };
  const figure = /^[-+]?(?:\d[\d_]*)?\.?\d+(?:e[-+]?\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : undefined;
  if (figure !== undefined) return { ...given, min: figure, max: figure };
  return { ...given, min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, text };
}
