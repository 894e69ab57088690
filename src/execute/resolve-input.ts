/** Values from outside, before the first step: who gave what, and what is missing. Nothing is guessed, no value has a default. */
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Input, Plan } from '../model/plan.ts';
import type { Binding, Value, ValueType } from '../model/value.ts';
import { renderOrigin } from './binding-store.ts';
import { sameValue } from './compare-value.ts';
import { parseDecimal } from './decimal.ts';
import { parseDuration, parsePercentage, parseSize, parseTimestamp } from './measure.ts';

/** A value that the environment provides. */
export interface ProvidedValue {
  readonly name: string;
  readonly text: string;
  readonly type?: ValueType;
}

/**
 * One binding for each input of the plan but those of type `database`, which are the door's address and change with each
 * step. Given values are typed by the input. Two sources that differ are an error; a name that the plan captures ignores
 * what the environment provides.
 */
export function resolveInputs(plan: Plan, given: readonly Binding[], provided: readonly ProvidedValue[]): Checked<readonly Binding[]> {
  const diagnostics: Diagnostic[] = [];
  const offers = [...given, ...provided.map(providedBinding)];
  for (const binding of given) {
    if (!plan.inputs.some((input) => input.name === binding.name)) diagnostics.push(unknownName(plan, binding));
  }
  const bindings = plan.inputs.flatMap((input): readonly Binding[] => {
    const offered = offers.filter((offer) => offer.name === input.name);
    if (input.type === 'database') {
      const byPerson = offered.find((offer) => given.includes(offer));
      if (byPerson) diagnostics.push(databaseIsGiven(input, byPerson));
      return [];
    }
    const [first] = offered;
    if (!first) {
      diagnostics.push(missingInput(input, plan, offers));
      return [];
    }
    const value: Value = { type: input.type, text: first.value.text };
    const other = offered.find((offer) => !sameValue({ ...offer.value, type: input.type }, value));
    if (other) diagnostics.push(twoValues(input, first, other));
    else if (!isOfType(value)) diagnostics.push(wrongType(input, first));
    return [{ name: input.name, value, origin: first.origin, ...(input.secret || first.secret ? { secret: true } : {}) }];
  });
  return { value: diagnostics.length === 0 ? bindings : undefined, diagnostics };
}

/** Does the text have the form of its type? */
export function isOfType({ type, text }: Value): boolean {
  if (text === null) return false;
  switch (type) {
    case 'uuid':
      return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
    case 'integer':
      return /^[+-]?\d+$/.test(text);
    case 'number':
      return parseDecimal(text) !== undefined;
    case 'boolean':
      return /^(true|false)$/i.test(text);
    case 'timestamp':
      return parseTimestamp(text) !== undefined;
    case 'duration':
      return parseDuration(text) !== undefined;
    case 'size':
      return parseSize(text) !== undefined;
    case 'percentage':
      return parsePercentage(text) !== undefined;
    case 'text':
    case 'database':
      return text !== '';
  }
}

function providedBinding({ name, text, type = 'text' }: ProvidedValue): Binding {
  return { name, value: { type, text }, origin: { kind: 'input', source: 'environment' } };
}

function unknownName(plan: Plan, { name, origin }: Binding): Diagnostic {
  const captor = plan.steps.find((step) => step.captures.some((capture) => capture.name === name));
  if (captor) {
    const message = `\`${name}\` (${renderOrigin(origin)}) is what step ${captor.id} finds out`;
    return {
      severity: 'error',
      code: 'execute/captured-input',
      message,
      span: captor.span,
      help: `leave \`${name}\` out: a value that the execution should find out is not given to it`,
    };
  }
  const near = nearestName(
    name,
    plan.inputs.map((input) => input.name),
  );
  const help = near
    ? `did you mean \`${near}\`?`
    : plan.inputs.length === 0
      ? 'leave it out: the plan has no inputs'
      : `the plan's inputs are ${plan.inputs.map((input) => `\`${input.name}\``).join(', ')}`;
  return { severity: 'error', code: 'execute/unknown-input', message: `the plan has no input \`${name}\` (${renderOrigin(origin)})`, help };
}

function databaseIsGiven(input: Input, { origin }: Binding): Diagnostic {
  const message = `\`${input.name}\` (${renderOrigin(origin)}) is the database's address, which the runner gives to each step`;
  return {
    severity: 'error',
    code: 'execute/database-input',
    message,
    span: input.span,
    label: `step ${input.neededBy} gets the guard's address here`,
    help: 'name the database with --database',
  };
}

function missingInput(input: Input, plan: Plan, offers: readonly Binding[]): Diagnostic {
  const supplied = [...new Map(offers.filter((offer) => plan.inputs.some((other) => other.name === offer.name)).map((offer) => [offer.name, offer])).values()];
  return {
    severity: 'error',
    code: 'execute/missing-input',
    message: `nothing supplies \`${input.name}\``,
    span: input.span,
    label: `needed by step ${input.neededBy}`,
    notes: [
      supplied.length === 0
        ? 'nothing was supplied'
        : `supplied so far: ${supplied.map((offer) => `\`${offer.name}\` (${renderOrigin(offer.origin)})`).join(', ')}`,
    ],
    help: input.secret ? `pass --set-secret ${input.name}=<value>` : `pass --set ${input.name}=<value>`,
  };
}

function twoValues(input: Input, first: Binding, other: Binding): Diagnostic {
  const shown = (binding: Binding): string => `${renderOrigin(binding.origin)}: ${input.secret || binding.secret ? '***' : binding.value.text}`;
  return {
    severity: 'error',
    code: 'execute/two-values',
    message: `\`${input.name}\` is given two different values`,
    span: input.span,
    notes: [shown(first), shown(other)],
    help: 'leave out one of them',
  };
}

function wrongType(input: Input, binding: Binding): Diagnostic {
  const shown = input.secret || binding.secret ? 'the value' : `\`${binding.value.text ?? 'null'}\``;
  return {
    severity: 'error',
    code: 'execute/wrong-input-type',
    message: `\`${input.name}\` must be of type ${input.type}; ${shown} (${renderOrigin(binding.origin)}) is not`,
    span: input.span,
    help: `give a value of type ${input.type}`,
  };
}
