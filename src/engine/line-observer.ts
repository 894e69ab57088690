/**
 * Takes named values out of a step's stdout while it streams. It judges nothing: two different values of one name are both
 * given, and a name that was never printed is not there. stderr is nobody's evidence.
 */
import type { Capture } from '../model/step.ts';
import { type JsonField, readJsonFields } from './json-field.ts';
import { compileLinePattern, type LinePattern } from './line-pattern.ts';
import type { LineReader } from './line-splitter.ts';
import { createObservationCollector, type ObservationCollector, type Observed, type Wanted } from './observation-collector.ts';
import { parseObserved, typeField } from './observed-value.ts';

/** Characters of a whole stdout that is captured, and of one that is read as one JSON object. */
const longestWhole = 65_536;
const longestJson = 1_048_576;
const longestLabel = 200;

export interface LineObserver {
  readonly readLine: LineReader;
  readonly end: () => Observed;
}

interface PatternWanted {
  readonly wanted: Wanted;
  readonly match: LinePattern;
  readonly take: string;
  readonly first: boolean;
  done: boolean;
}

/** Observes a step's `captures` of the kinds `label`, `pattern` and `stdout`, and a coordinator's `fields`. */
export function createLineObserver(step: string, captures: readonly Capture[], fields: readonly string[]): LineObserver {
  const labels = new Map<string, Wanted[]>();
  const patterns: PatternWanted[] = [];
  const wholes: Wanted[] = [];
  const want = (label: string, wanted: Wanted): void => void labels.set(fold(label), [...(labels.get(fold(label)) ?? []), wanted]);
  for (const capture of captures) {
    const { source } = capture;
    const wanted = { name: capture.name, capture, type: (text: string | null) => parseObserved(capture.type, text) };
    if (source.kind === 'label') want(source.label, wanted);
    if (source.kind === 'pattern') patterns.push({ wanted, match: compileLinePattern(source.pattern), take: source.take, first: source.first, done: false });
    if (source.kind === 'stdout') wholes.push(wanted);
  }
  for (const field of fields) want(field, { name: field, type: typeField });

  const lines = createObservationCollector();
  const jsonLines = createObservationCollector();
  const whole = createTextKeeper(wholes.length > 0 ? longestWhole : 0);
  const json = createTextKeeper(labels.size > 0 ? longestJson : 0);
  let printedLines = 0;

  const add = (collector: ObservationCollector, wanted: Wanted, text: string | null, lineNumber: number, cut: boolean): void => {
    // Nothing after a label is no value: never an empty string. Only a coordinator's field may be empty, and is null.
    if (text === '' && wanted.capture !== undefined && !cut) return;
    collector.add(wanted, text, { kind: 'output', step, stream: 'stdout', lineNumber }, cut);
  };
  const addJson = (collector: ObservationCollector, found: readonly JsonField[], lineOf: (field: JsonField) => number): void => {
    for (const field of found) for (const wanted of labels.get(fold(field.key)) ?? []) add(collector, wanted, field.text, lineOf(field), false);
  };

  return {
    readLine: (raw, lineNumber, cut) => {
      const line = withoutEscapes(raw);
      whole.add(line, cut);
      json.add(line, cut);
      if (line.trim() !== '') printedLines += 1;
      if (labels.size > 0) {
        const labelled = readLabel(line);
        if (labelled !== undefined) for (const wanted of labels.get(fold(labelled.label)) ?? []) add(lines, wanted, labelled.text, lineNumber, cut);
        const object = line.trim();
        if (object.startsWith('{') && object.endsWith('}')) addJson(jsonLines, readJsonFields(object) ?? [], () => lineNumber);
      }
      for (const pattern of patterns) {
        if (pattern.done) continue;
        const text = pattern.match(line)?.get(pattern.take);
        if (text === undefined) continue;
        add(lines, pattern.wanted, text.trim(), lineNumber, cut);
        pattern.done = pattern.first;
      }
    },
    end: () => {
      const object = printedLines > 1 ? json.text() : undefined;
      const fieldsOfWhole = object === undefined ? undefined : readJsonFields(object);
      if (object !== undefined && fieldsOfWhole !== undefined) {
        // One object over several lines: a line of it that is itself an object is only a part.
        addJson(lines, fieldsOfWhole, (field) => object.slice(0, field.offset).split('\n').length);
      } else {
        lines.merge(jsonLines.observed());
      }
      const text = whole.text();
      for (const wanted of wholes) add(lines, wanted, text?.trim() ?? '', 1, text === undefined);
      return lines.observed();
    },
  };
}

/** `Run ID`, `run_id`, `run-id` and `runId` are one label. */
function fold(label: string): string {
  return label.toLowerCase().replace(/[\s_-]+/g, '');
}

/** `label: text` or `label = text`, after spaces and at most one bullet. `a::b`, `a == b` and `a => b` are no labels. */
function readLabel(line: string): { readonly label: string; readonly text: string } | undefined {
  const start = /^\s*(?:[-*+>•]\s+)?/.exec(line)?.[0].length ?? 0;
  const separator = /^[^:=]+[:=](?![:=>])/.exec(line.slice(start, start + longestLabel))?.[0].length;
  if (separator === undefined) return undefined;
  return { label: line.slice(start, start + separator - 1), text: line.slice(start + separator).trim() };
}

/** ECMA-48 control sequences and operating-system commands (colours, links): never a part of a value. */
export function withoutEscapes(line: string): string {
  if (!line.includes('\u001b')) return line;
  return line.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, '');
}

interface TextKeeper {
  readonly add: (line: string, cut: boolean) => void;
  /** Undefined when it was longer than what is kept. */
  readonly text: () => string | undefined;
}

function createTextKeeper(most: number): TextKeeper {
  let kept: string[] = [];
  let length = 0;
  let overflow = false;
  return {
    add: (line, cut) => {
      if (overflow) return;
      length += line.length + 1;
      overflow = cut || length > most;
      if (overflow) kept = [];
      else kept.push(line);
    },
    text: () => (overflow ? undefined : kept.join('\n')),
  };
}
