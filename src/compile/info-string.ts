/**
 * What a fence's info string says about its step: ```` ```sql id=trace-row timeout=30s ````. Attributes of other tools (Runme, Quarto,
 * Pandoc, Docusaurus …) stand there, too; what is not ours is left to them.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Span } from '../model/span.ts';
import { spanOf, type MarkdownBlock, type MarkdownDocument } from '../parse/markdown-document.ts';
import type { AddendumStep, PlacedText } from './addendum-shape.ts';

export interface FenceInfo {
  readonly id?: PlacedText;
  /** Everything else, as an entry of an addendum that quotes this fence would say it. */
  readonly entry?: Omit<AddendumStep, 'at' | 'atSpan'>;
  readonly diagnostics: readonly Diagnostic[];
}

interface Attribute {
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}

const duration = /^\d+(?:\.\d+)?(?:ms|s|m|min|h)$/;

/** Each attribute of ours, with the form that its value must have. */
const forms: Readonly<Record<string, { readonly pattern: RegExp; readonly wanted: string }>> = {
  id: { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, wanted: 'letters, digits, `.`, `_` and `-`' },
  timeout: { pattern: duration, wanted: 'a number with its unit, such as 30s' },
  cwd: { pattern: /^(?![/\\~])(?![A-Za-z]:)(?!(?:.*[/\\])?\.\.(?:[/\\]|$)).+$/, wanted: 'a folder inside the workspace' },
  expect: { pattern: /\S/, wanted: 'a claim in double quotes' },
  writes: { pattern: /^(?:[^\s.,]+\.)?[^\s.,]+(?:,(?:[^\s.,]+\.)?[^\s.,]+)*$/, wanted: 'names of tables with commas between them' },
  carries: { pattern: /^[A-Za-z_]\w*(?:,[A-Za-z_]\w*)*$/, wanted: 'names of shell variables with commas between them' },
  productionPath: { pattern: /^(?:true|false)$/, wanted: 'true or false' },
  once: { pattern: /^(?:true|false)$/, wanted: 'true or false' },
  retry: { pattern: /^(?:[2-9]|[1-9]\d{1,3})$/, wanted: 'a number of attempts, at least 2' },
  eventually: { pattern: duration, wanted: 'the time for all looks together, such as 30s' },
  within: { pattern: duration, wanted: 'the time for all attempts together, such as 1m' },
  pause: { pattern: duration, wanted: 'the time between two attempts, such as 5s' },
  giveUpWhen: { pattern: /\S/, wanted: 'a claim in double quotes' },
  doneWhen: { pattern: /\S/, wanted: 'a query in double quotes' },
  role: { pattern: /^(?:step|teardown)$/, wanted: 'step or teardown' },
};

/** Attributes that say more about a repetition. */
const ofRepetition = new Set(['within', 'pause', 'giveUpWhen']);

/** Attributes of other tools that look like ours. */
const foreign = new Set(
  'name title file filename label caption start startFrom startLine lines highlight hl_lines linenums showLineNumbers class width height exec eval echo output interactive terminal'.split(
    ' ',
  ),
);

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
const longestMs = 86_400_000;

/** Undefined where the info string says nothing of ours. */
export function readInfoString(document: MarkdownDocument, block: MarkdownBlock): FenceInfo | undefined {
  const attributes = attributesOf(document, block);
  const own = attributes.filter(({ name }) => Object.hasOwn(forms, name));
  const diagnostics = [...attributes.flatMap(misspelt), ...own.flatMap((attribute) => wrongValue(attribute)), ...givenTwice(own), ...repetitionProblems(own)];
  if (own.length === 0) return diagnostics.length === 0 ? undefined : { diagnostics };
  const [first] = own;
  const id = own.find(({ name }) => name === 'id');
  const named = id ? { id: { text: id.value, span: id.span } } : {};
  if (diagnostics.some(({ severity }) => severity === 'error') || first === undefined) return { diagnostics };
  if (own.every(({ name }) => name === 'id')) return { ...named, diagnostics };
  const last = own.at(-1) ?? first;
  return { ...named, entry: entryOf(own, { ...first.span, end: last.span.end }), diagnostics };
}

function entryOf(own: readonly Attribute[], span: Span): Omit<AddendumStep, 'at' | 'atSpan'> {
  const get = (name: string): string | undefined => own.find((attribute) => attribute.name === name)?.value;
  const listed = (name: string): readonly PlacedText[] =>
    own.filter((attribute) => attribute.name === name).flatMap((attribute) => attribute.value.split(',').map((text) => ({ text, span: attribute.span })));
  const [timeout, cwd, once, role, doneWhen] = [get('timeout'), get('cwd'), get('once'), get('role'), get('doneWhen')];
  return {
    span,
    productionPath: get('productionPath') === 'true',
    writes: listed('writes'),
    environment: {},
    expect: own.filter(({ name }) => name === 'expect').map((attribute) => ({ text: attribute.value, span: attribute.span })),
    carries: listed('carries'),
    ...(cwd === undefined ? {} : { workingDirectory: cwd }),
    ...(timeout === undefined ? {} : { timeoutMs: durationMs(timeout) }),
    ...(once === undefined ? {} : { once: once === 'true' }),
    ...(role === 'step' || role === 'teardown' ? { role } : {}),
    ...(doneWhen === undefined ? {} : { doneWhen: { text: doneWhen, span } }),
    ...repetitionOf(get, span),
  };
}

function repetitionOf(get: (name: string) => string | undefined, span: Span): Pick<AddendumStep, 'repeat'> {
  const [retry, eventually, within, pause, giveUpWhen] = [get('retry'), get('eventually'), get('within'), get('pause'), get('giveUpWhen')];
  if (retry === undefined && eventually === undefined) return {};
  const time = eventually ?? within;
  return {
    repeat: {
      kind: retry === undefined ? 'eventually' : 'retry',
      ...(retry === undefined ? {} : { attempts: Number(retry) }),
      ...(time === undefined ? {} : { withinMs: durationMs(time) }),
      ...(pause === undefined ? {} : { pauseMs: durationMs(pause) }),
      ...(giveUpWhen === undefined ? {} : { giveUpWhen: { text: giveUpWhen, span } }),
      span,
      reach: 'step',
    },
  };
}

/** `within`, `pause` and `giveUpWhen` bind nothing by themselves; `retry` and `eventually` are two ways of one thing. */
function repetitionProblems(own: readonly Attribute[]): readonly Diagnostic[] {
  const [retry, eventually] = ['retry', 'eventually'].map((name) => own.find((attribute) => attribute.name === name));
  const lone = own.find(({ name }) => ofRepetition.has(name));
  if (retry && eventually)
    return [
      {
        severity: 'error',
        code: 'compile/conflicting-keys',
        message: '`retry` and `eventually` exclude each other',
        span: eventually.span,
        help: 'keep one of them; `retry` takes its time from `within`',
      },
    ];
  if (lone === undefined || retry || eventually) return [];
  return [
    {
      severity: 'error',
      code: 'compile/missing-key',
      message: `\`${lone.name}\` says how a step is repeated, and nothing says that it is`,
      span: lone.span,
      help: 'write `retry=3` or `eventually=30s` beside it',
    },
  ];
}

/** `name=value`, `name="a value"`, in no brackets: what stands in `{…}` is another tool's. */
function attributesOf(document: MarkdownDocument, block: MarkdownBlock): readonly Attribute[] {
  if (block.code?.fenced !== true || block.code.meta === undefined) return [];
  const source = document.text.text.slice(block.start, block.end);
  const line = source.slice(0, source.search(/[\r\n]|$/));
  const language = /^[`~]+\s*\S*/.exec(line)?.[0] ?? '';
  if (language.includes('{') && !language.includes('}')) return [];
  // Braces inside a value of ours are a claim's set.
  const plain = line.replace(/="(?:[^"\\]|\\.)*"|\{[^{}]*(?:\}|$)/g, (found) => (found.startsWith('{') ? ' '.repeat(found.length) : found));
  const found = plain.slice(language.length).matchAll(/(?<=^|\s)([A-Za-z][\w-]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))(?=\s|$)/g);
  return [...found].map((match) => {
    const start = block.start + language.length + match.index;
    const value = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '';
    return { name: match[1] ?? '', value, span: spanOf(document, start, start + match[0].length) };
  });
}

function wrongValue({ name, value, span }: Attribute): readonly Diagnostic[] {
  const form = forms[name];
  const tooLong = form?.pattern === duration && form?.pattern.test(value) === true && !(durationMs(value) >= 1 && durationMs(value) <= longestMs);
  if (form === undefined || (form.pattern.test(value) && !tooLong)) return [];
  const wanted = tooLong ? 'a time of at least 1ms and at most a day' : form.wanted;
  return [{ severity: 'error', code: 'compile/wrong-value', message: `\`${value}\` is no value for \`${name}\``, span, help: `write ${wanted}` }];
}

/** Only a claim may stand several times: each is one more. */
function givenTwice(own: readonly Attribute[]): readonly Diagnostic[] {
  return own
    .filter(({ name }, index) => name !== 'expect' && own.findIndex((other) => other.name === name) < index)
    .map(({ name, span }) => ({ severity: 'error', code: 'compile/duplicate-entry', message: `\`${name}\` is given twice`, span, help: 'keep one of them' }));
}

function misspelt({ name, span }: Attribute): readonly Diagnostic[] {
  if (Object.hasOwn(forms, name) || foreign.has(name) || name.length < 4) return [];
  const near = nearestName(
    name,
    Object.keys(forms).filter((form) => form.length >= 4),
  );
  if (near === undefined) return [];
  return [{ severity: 'warning', code: 'compile/unknown-key', message: `\`${name}\` says nothing here`, span, help: `did you mean \`${near}\`?` }];
}

function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  return Math.round(Number(number) * (unitMs[unit] ?? Number.NaN));
}
