/** Entries of an addendum that say how something is done. Their form is the schema's business; here they only get their types. */
import type { Span } from '../model/span.ts';
import type { StepKind } from '../model/step.ts';
import type { ValueType } from '../model/value.ts';
import type {
  AddendumAcceptance,
  AddendumCapture,
  AddendumCaptureSource,
  AddendumDefault,
  AddendumInput,
  AddendumPrecondition,
  AddendumPreconditionCheck,
  AddendumProbe,
  AddendumSearch,
  AddendumStep,
  PlacedText,
} from './addendum-shape.ts';
import { holeName } from './placeholder.ts';
import { booleanAt, given, itemsAt, numberAt, placed, placedAt, textAt, textsAt, type YamlPart } from './yaml-part.ts';

/** The quotation that an entry binds, and the entry's own place. */
export function quoting(part: YamlPart): { readonly at: string; readonly atSpan: Span; readonly span: Span } {
  const { text, span } = placedAt(part, 'at');
  return { at: text, atSpan: span, span: part.span };
}

export function placedItems(part: YamlPart, key: string): readonly PlacedText[] {
  return itemsAt(part, key).map(placed);
}

export function compileDefault(kind: string, part: YamlPart): AddendumDefault {
  return { kind: kind as StepKind, span: part.span, ...whereAndHowLong(part) };
}

export function compileInput(name: string, part: YamlPart): AddendumInput {
  return { name, type: textAt(part, 'type') as ValueType, secret: booleanAt(part, 'secret') ?? false, span: part.keySpan };
}

export function compilePrecondition(part: YamlPart): AddendumPrecondition {
  return { ...quoting(part), check: preconditionCheck(part) };
}

function preconditionCheck(part: YamlPart): AddendumPreconditionCheck {
  const expect = placedItems(part, 'expect');
  if (part.get('run') !== undefined)
    return { kind: 'run', run: placedAt(part, 'run'), expect, environment: textsAt(part, 'environment'), ...whereAndHowLong(part) };
  if (part.get('sql') !== undefined) return { kind: 'sql', sql: placedAt(part, 'sql'), expect };
  return { kind: 'database-reachable' };
}

export function compileSearch(part: YamlPart): AddendumSearch {
  const switches = { absent: booleanAt(part, 'absent') ?? false, fixed: booleanAt(part, 'fixed') ?? false };
  return { ...quoting(part), pattern: placedAt(part, 'pattern'), in: placedItems(part, 'in'), ...switches };
}

export function compileProbe(part: YamlPart): AddendumProbe {
  return { ...quoting(part), sql: placedAt(part, 'sql'), expect: placedItems(part, 'expect') };
}

export function compileStep(part: YamlPart): AddendumStep {
  return {
    ...quoting(part),
    productionPath: booleanAt(part, 'productionPath') ?? false,
    writes: placedItems(part, 'writes'),
    environment: textsAt(part, 'environment'),
    expect: placedItems(part, 'expect'),
    carries: placedItems(part, 'carries'),
    ...whereAndHowLong(part),
    ...conductAt(part),
    ...given({ kind: part.get('kind')?.text as AddendumStep['kind'], title: part.get('title')?.text }),
  };
}

/** What an entry of a document, or a step of a YAML plan, says about conduct. */
export function conductAt(part: YamlPart): Pick<AddendumStep, 'once' | 'role' | 'repeat' | 'doneWhen'> {
  const [retry, eventually, doneWhen] = [part.get('retry'), part.get('eventually'), part.get('doneWhen')];
  const said = retry ?? eventually;
  const giveUpWhen = said?.get('giveUpWhen');
  return given({
    once: booleanAt(part, 'once'),
    role: part.get('role')?.text as AddendumStep['role'],
    doneWhen: doneWhen && placed(doneWhen),
    repeat: said && {
      kind: retry ? ('retry' as const) : ('eventually' as const),
      ...given({
        attempts: numberAt(said, 'attempts'),
        withinMs: numberAt(said, 'withinMs'),
        pauseMs: numberAt(said, 'pauseMs') ?? numberAt(said, 'everyMs'),
        giveUpWhen: giveUpWhen && placed(giveUpWhen),
      }),
      span: said.span,
      reach: 'step' as const,
    },
  });
}

export function compileCapture(part: YamlPart): AddendumCapture {
  const at = part.get('at');
  return {
    span: part.span,
    ...given({
      at: at?.text,
      atSpan: at?.span,
      name: part.get('name')?.text,
      type: part.get('type')?.text as ValueType | undefined,
      optional: booleanAt(part, 'optional'),
      secret: booleanAt(part, 'secret'),
    }),
    sources: [part, ...itemsAt(part, 'from')].flatMap(captureSource),
  };
}

function captureSource(part: YamlPart): readonly AddendumCaptureSource[] {
  const { span } = part;
  const [line, take, column, label] = [part.get('line'), part.get('take'), part.get('column'), part.get('label')];
  if (line !== undefined)
    return [{ kind: 'line', pattern: line.text, first: booleanAt(part, 'first') ?? false, span: line.span, ...given({ take: take && holeName(take.text) }) }];
  if (column !== undefined) return [{ kind: 'column', column: column.text, span: column.span }];
  if (label !== undefined) return [{ kind: 'label', label: label.text, span: label.span }];
  return part.get('stdout') === undefined ? [] : [{ kind: 'stdout', span }];
}

export function compileAcceptance(part: YamlPart): AddendumAcceptance {
  return { ...quoting(part), by: textAt(part, 'by'), as: textAt(part, 'as') as AddendumAcceptance['as'], reason: textAt(part, 'reason') };
}

function whereAndHowLong(part: YamlPart): { readonly workingDirectory?: string; readonly timeoutMs?: number } {
  return given({ workingDirectory: part.get('workingDirectory')?.text, timeoutMs: numberAt(part, 'timeoutMs') });
}
