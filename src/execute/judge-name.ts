/** Claims about named values: comparison, membership, null, and what a program's fields say. */
import type { Operand } from '../model/claim.ts';
import type { Binding, Value } from '../model/value.ts';
import { renderOrigin, renderValue } from './binding-store.ts';
import { compareValues, isZero } from './compare-value.ts';
import { addDecimals, parseDecimal, renderDecimal } from './decimal.ts';
import { failed, passed, unproven, type ClaimOf, type JudgeFacts, type Judgement, type KnownNames } from './judgement.ts';

export function judgeCompare(claim: ClaimOf<'compare'>, facts: JudgeFacts): Judgement {
  const operands = [resolve(claim.left, facts.names), resolve(claim.right, facts.names)] as const;
  const missing = operands.flatMap((operand) => (operand.kind === 'missing' ? [operand.name] : []));
  if (missing.length > 0) return missingNames(missing);
  const [left, right] = operands as readonly [Resolved, Resolved];
  const actual = [left, right].flatMap(renderOperand).join(', ');
  const notes = [left, right].flatMap((operand) => operandNotes(operand, facts.names));
  const unsummed = [left, right].find((operand) => operand.problem !== undefined);
  if (unsummed) return failed(actual, unsummed.problem ?? '', ...notes);
  const comparison = compareValues(left.value, claim.operator, right.value);
  if (comparison.kind === 'incomparable') return failed(actual, comparison.reason, ...notes);
  if (comparison.kind === 'not held') return failed(actual, ...notes);
  const vacuous = vacuousBecause(claim, left, right);
  return vacuous ? unproven(actual, vacuous, ...notes) : passed(actual, ...notes);
}

export function judgeMember(claim: ClaimOf<'member'>, facts: JudgeFacts): Judgement {
  const binding = facts.names.get(claim.name);
  if (!binding) return missingNames([claim.name]);
  const notes = bindingNotes(binding, facts.names);
  const comparisons = claim.values.map((value) => compareValues(binding.value, '==', value));
  const found = comparisons.some((comparison) => comparison.kind === 'held');
  // What cannot be compared is not in the list, and is not outside of it either.
  const unclear = claim.negated === true && !found ? comparisons.find((comparison) => comparison.kind === 'incomparable') : undefined;
  if (unclear?.kind === 'incomparable') return failed(renderBinding(binding), unclear.reason, ...notes);
  return (found !== (claim.negated === true) ? passed : failed)(renderBinding(binding), ...notes);
}

export function judgeNull(claim: ClaimOf<'null'>, facts: JudgeFacts): Judgement {
  const binding = facts.names.get(claim.name);
  // Also `is null` needs a value that says so: a name that nobody supplied is no null.
  if (!binding) return missingNames([claim.name]);
  const { text } = binding.value;
  const notes = bindingNotes(binding, facts.names);
  if (claim.negated && text === '') return unproven(renderBinding(binding), 'it is not null, but there is nothing in it', ...notes);
  return ((text === null) !== claim.negated ? passed : failed)(renderBinding(binding), ...notes);
}

export function judgeReturns(claim: ClaimOf<'returns'>, facts: JudgeFacts): Judgement {
  const fields = facts.evidence.observations.filter((observation) => observation.origin.kind === 'output');
  const saying = [...new Set(fields.filter((field) => field.value.text === claim.value).map((field) => field.name))];
  const shown = fields.map((field) => `${field.name}: ${renderValue(field.value)}`).join(', ') || 'no field was printed';
  if (saying.length === 1) return passed(`${saying[0]} is ${claim.value}`);
  if (saying.length === 0) return failed(shown, `no field is \`${claim.value}\``);
  return failed(shown, `${saying.map((name) => `\`${name}\``).join(' and ')} are \`${claim.value}\`: it is not clear which is meant`);
}

type Resolved = { readonly kind: 'value'; readonly value: Value; readonly binding?: Binding; readonly problem?: string };

function resolve(operand: Operand, names: KnownNames): Resolved | { readonly kind: 'missing'; readonly name: string } {
  if (operand.kind === 'literal') return { kind: 'value', value: operand.value };
  const binding = names.get(operand.name);
  if (!binding) return { kind: 'missing', name: operand.name };
  if (operand.plus === undefined) return { kind: 'value', value: binding.value, binding };
  const [value, plus] = [parseDecimal(binding.value.text ?? ''), parseDecimal(operand.plus)];
  const numeric = ['integer', 'number', 'text'].includes(binding.value.type);
  if (!value || !plus || !numeric) return { kind: 'value', value: binding.value, binding, problem: `\`${operand.name}\` is no number that could be added to` };
  return { kind: 'value', value: { type: 'number', text: renderDecimal(addDecimals(value, plus)) }, binding };
}

/** A comparison that two empty sides cannot fail says nothing: 0 == 0 of two counters, two empty texts. */
function vacuousBecause(claim: ClaimOf<'compare'>, left: Resolved, right: Resolved): string | undefined {
  if (['contains', 'starts with', 'ends with'].includes(claim.operator) && right.value.text === '')
    return 'every text contains the empty text: this proves nothing';
  // A negative claim about nothing: an empty text contains no text.
  if (['does not contain', 'does not match'].includes(claim.operator) && left.value.text === '') return 'there is nothing in it: this proves nothing';
  if (!left.binding || !right.binding || !['==', '>=', '<='].includes(claim.operator)) return undefined;
  if (isZero(left.value) && isZero(right.value)) return 'both are 0: nothing was counted, so this proves nothing';
  return left.value.text === '' && right.value.text === '' ? 'both are empty: this proves nothing' : undefined;
}

function missingNames(names: readonly string[]): Judgement {
  return failed(
    `${names.map((name) => `\`${name}\``).join(' and ')} ${names.length === 1 ? 'has' : 'have'} no value`,
    'a name that no step supplied holds for no claim',
  );
}

function renderOperand(operand: Resolved): readonly string[] {
  return operand.binding ? [renderBinding(operand.binding)] : [];
}

function renderBinding(binding: Binding): string {
  return `${binding.name} is ${binding.secret ? '***' : renderValue(binding.value)}`;
}

function operandNotes(operand: Resolved, names: KnownNames): readonly string[] {
  return operand.binding ? bindingNotes(operand.binding, names) : [];
}

function bindingNotes(binding: Binding, names: KnownNames): readonly string[] {
  const origin = `${binding.name}: ${renderOrigin(binding.origin)}`;
  return names.disputed(binding.name) ? [origin, `another step observed another value of \`${binding.name}\``] : [origin];
}
