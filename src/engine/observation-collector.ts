/** Gathers observed values under their names: equal repeats are one, different ones stand beside each other. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Capture } from '../model/step.ts';
import type { Binding, Origin, Value } from '../model/value.ts';

/** Two values make a conflict; more than this of one name tell nothing new. */
const mostValues = 8;
const longestShown = 120;

export interface Observed {
  readonly observations: readonly Binding[];
  /** Every text that was found for a secret, also one that is no value of its name. */
  readonly secrets?: readonly string[];
  /** The first value that is not what the plan says it is. */
  readonly problem?: Diagnostic;
}

/** A name that evidence supplies, and how a text becomes its value; undefined is no value of that type. */
export interface Wanted {
  readonly name: string;
  readonly capture?: Capture;
  readonly type: (text: string | null) => Value | undefined;
}

export interface ObservationCollector {
  /** A text found for a name; null for JSON's or the server's null. `cut`: it is not the whole text, and so no value. */
  readonly add: (wanted: Wanted, text: string | null, origin: Origin, cut: boolean) => void;
  readonly merge: (other: Observed) => void;
  readonly observed: () => Observed;
}

export function createObservationCollector(): ObservationCollector {
  const byName = new Map<string, Binding[]>();
  const secrets = new Set<string>();
  let problem: Diagnostic | undefined;
  const keep = (binding: Binding): void => {
    const present = byName.get(binding.name) ?? [];
    if (present.length >= mostValues || present.some((other) => other.value.text === binding.value.text)) return;
    byName.set(binding.name, [...present, binding]);
  };
  return {
    add: (wanted, text, origin, cut) => {
      if (wanted.capture?.secret && text !== null) secrets.add(text);
      const value = cut ? undefined : wanted.type(text);
      if (value === undefined) problem ??= cut ? tooLong(wanted, origin) : wrongType(wanted, text ?? '', origin);
      else keep({ name: wanted.name, value, origin });
    },
    merge: (other) => {
      for (const binding of other.observations) keep(binding);
      for (const secret of other.secrets ?? []) secrets.add(secret);
      problem ??= other.problem;
    },
    observed: () => ({
      observations: [...byName.values()].flat(),
      ...(secrets.size === 0 ? {} : { secrets: [...secrets] }),
      ...(problem === undefined ? {} : { problem }),
    }),
  };
}

function wrongType(wanted: Wanted, text: string, origin: Origin): Diagnostic {
  const { name } = wanted;
  const shown = wanted.capture?.secret ? '***' : text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return {
    severity: 'error',
    code: 'engine/wrong-type',
    message: `\`${name}\` should be of type ${wanted.capture?.type ?? 'text'}, and \`${shown}\` is not`,
    ...placeOf(wanted, origin),
    help: `look at what the step shows for \`${name}\`, or give \`${name}\` another type in the addendum`,
  };
}

function tooLong(wanted: Wanted, origin: Origin): Diagnostic {
  const { name } = wanted;
  return {
    severity: 'error',
    code: 'engine/value-too-long',
    message: `the value of \`${name}\` is too long to be taken whole`,
    ...placeOf(wanted, origin),
    help: `let the command print \`${name}\` in less than 64 KiB`,
  };
}

function placeOf(wanted: Wanted, origin: Origin): Pick<Diagnostic, 'span' | 'label' | 'notes'> {
  const { name, capture } = wanted;
  const notes = [`${name}: ${describe(origin)}`];
  return capture === undefined ? { notes } : { span: capture.span, label: `\`${name}\` is recorded here`, notes };
}

function describe(origin: Origin): string {
  if (origin.kind === 'output') return `${origin.stream} of step ${origin.step}, line ${origin.lineNumber}`;
  if (origin.kind === 'row') return `row ${origin.row} of step ${origin.step}, column ${origin.column}`;
  if (origin.kind === 'variable') return `variable ${origin.variable} at the end of step ${origin.step}`;
  return origin.kind;
}
