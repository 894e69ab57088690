/**
 * Running text as the rules of this floor see it: markup gone, inline code kept in backticks, every offset mapped back
 * to the author's file. Folding is for matching only; it never touches a command.
 */
import type { Inline, MarkdownDocument } from '../parse/markdown-document.ts';
import { spanOf } from '../parse/markdown-document.ts';
import type { Span } from '../model/span.ts';

/** Inline code in a stretch of prose: its content, and where it stands in the source (backticks included). */
export interface ProseCode {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A stretch of prose. `text` is plain; `start`/`end` are source offsets. */
export interface Prose {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly codes: readonly ProseCode[];
  readonly strong: boolean;
}

/** A labelled stretch: `**Expected:** 1 trace row` has the lead `Expected` and the rest as `body`. */
export interface Segment {
  readonly lead: string | undefined;
  readonly leadStart: number;
  readonly body: Prose;
  readonly start: number;
  readonly end: number;
}

/** The prose of inlines, as one stretch. */
export function proseOf(inlines: readonly Inline[], fallback = 0): Prose {
  const text = inlines.map(plain).join('');
  return {
    text,
    start: inlines[0]?.start ?? fallback,
    end: inlines.at(-1)?.end ?? fallback,
    codes: inlines.filter((piece) => piece.kind === 'code').map((piece) => ({ value: piece.value, start: piece.start, end: piece.end })),
    strong: inlines.length > 0 && inlines.every((piece) => piece.strong || piece.value.trim() === ''),
  };
}

/**
 * Divides a block's inlines at each line that begins with a bold lead: `**Label:** …`, `**Label**: …`, `**Label** — …`, a line
 * that is bold as a whole and no sentence, or a plain `Label: …` that the caller knows. A lead's body runs to the next lead.
 */
export function segmentsOf(inlines: readonly Inline[], isPlainLabel: (label: string) => boolean = () => false): readonly Segment[] {
  const lines = linesOf(inlines);
  const segments: { lead: string | undefined; leadStart: number; body: Inline[]; start: number }[] = [];
  for (const [index, line] of lines.entries()) {
    const lead = leadOf(line, isPlainLabel) ?? plainLeadOf(line, isPlainLabel, index < lines.length - 1);
    if (lead !== undefined || segments.length === 0) {
      segments.push({ lead: lead?.label, leadStart: line[0]?.start ?? 0, body: [...(lead?.rest ?? line)], start: line[0]?.start ?? 0 });
    } else {
      const last = segments.at(-1);
      last?.body.push({ kind: 'text', value: '\n', start: line[0]?.start ?? 0, end: line[0]?.start ?? 0, strong: false }, ...line);
    }
  }
  return segments.map((segment, index) => {
    const body = trimmed(segment.body);
    const next = segments[index + 1]?.start;
    const end = body.at(-1)?.end ?? next ?? lines.at(-1)?.at(-1)?.end ?? segment.start;
    return { lead: segment.lead, leadStart: segment.leadStart, body: proseOf(body, end), start: segment.start, end };
  });
}

/** UTF-16 units of a sentence. No pattern sees more at once, so that none takes longer than the length of the text demands. */
export const longest = 2_000;

/** Words that begin a statement of their own on a new line, also where the line before has no full stop. */
const lineStarter =
  /^[ \t>]*(?:\*\*|__)?(?:Expect(?:ed)?\b|Should\b|Must\b|Verify\b|Check\b|Assert\b|Ensure\b|Confirm\b|Make sure\b|Record\b|You should\b|The\b|There\b|It\b|Do not\b|Never\b|Pass\b|Fail\b|Then\b|When\b|Given\b|And\b|But\b|[A-Z][\w ]{1,24}:\s)/;

/** One sentence of a stretch with its source span. Splits at `.`, `!`, `?` and `;` before white space, never inside code. */
export function sentencesOf(prose: Prose, source: string): readonly Prose[] {
  const text = source.slice(prose.start, prose.end);
  const sentences: Prose[] = [];
  let start = 0;
  let nextCode = 0;
  const push = (first: number, to: number): void => {
    let from = first;
    // What no full stop divides is read piece by piece, so that nothing of it is left unread.
    for (let at = from; to - at > longest; at = from) {
      from = placeToCut(text, at, at + longest);
      pushOne(at, from);
    }
    pushOne(from, to);
  };
  const pushOne = (from: number, to: number): void => {
    const raw = text.slice(from, to);
    // The marks of a quote stand before each of its lines, and belong to none of its sentences.
    const lead = /^[\s>]*(?:[*_]{1,2}\s+)?/.exec(raw)?.[0].length ?? 0;
    const trimmedText = raw.slice(lead).trimEnd();
    if (trimmedText === '') return;
    const absolute = prose.start + from + lead;
    const end = absolute + trimmedText.length;
    sentences.push({
      text: trimmedText
        .replace(/\n[ \t>]*/g, ' ')
        .replace(/<\/?(?:b|i|u|em|strong|sub|sup|br|span|kbd|small|mark|font)(?:\s[^<>]*)?\/?>/gi, '')
        .replace(/\*\*|__/g, '')
        .replace(/(^|[\s(])[*_]([^*_`]+)[*_](?=[\s:.,)]|$)/g, '$1$2')
        .replace(/([:.,!?])[*_](?=\s|$)/g, '$1')
        // A stretch that begins with emphasised words begins behind their first mark.
        .replace(/^([^*_`]{1,60}[^\s*_`])[*_](?=[\s:.,)]|$)/, '$1')
        .replace(/\s+/g, ' '),
      start: absolute,
      end,
      codes: codesBefore(end).filter((code) => code.start >= absolute && code.end <= end),
      strong: false,
    });
  };
  /** Those that no earlier sentence has passed: sentences come in order. */
  const codesBefore = (end: number): readonly ProseCode[] => {
    const first = nextCode;
    while ((prose.codes[nextCode]?.start ?? Number.POSITIVE_INFINITY) < end) nextCode += 1;
    return prose.codes.slice(first, nextCode);
  };
  let inCode = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charAt(index);
    if (unit === '`') inCode = !inCode;
    if (!inCode && unit === '\n' && lineStarter.test(text.slice(index + 1, index + 60))) {
      push(start, index);
      start = index + 1;
    }
    if (
      !inCode &&
      /[.!?;]/.test(unit) &&
      /^[*_]{0,2}(?:\s|$)/.test(text.slice(index + 1, index + 4)) &&
      !/\b(?:e\.g|i\.e|etc|vs)\.$/i.test(text.slice(Math.max(0, index - 6), index + 1))
    ) {
      push(start, index + 1);
      start = index + 1;
    }
  }
  push(start, text.length);
  return sentences;
}

/** Behind a blank, if there is one; never inside a pair of surrogates. */
function placeToCut(text: string, from: number, to: number): number {
  const blank = text.lastIndexOf(' ', to);
  if (blank > from) return blank + 1;
  return /[\udc00-\udfff]/.test(text.charAt(to)) ? to - 1 : to;
}

/** For matching: NFKC, one kind of hyphen and quote, lower case, single spaces, no emphasis, no closing punctuation. */
export function fold(text: string): string {
  const head = text.length > longest ? text.slice(0, longest) : text;
  return (isAscii.test(head) ? head : foldSigns(head))
    .replace(/\*\*|__/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

const isAscii = /^[\t\n\r -~]*$/;

function foldSigns(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/[\u2010-\u2015\u2212\u00ad\ufe63\uff0d]/g, '-')
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"');
}

export function spanOfProse(document: MarkdownDocument, prose: { readonly start: number; readonly end: number }): Span {
  return spanOf(document, prose.start, prose.end);
}

const markup = /^<\/?(?:b|i|u|em|strong|sub|sup|br|span|kbd|small|mark|font|p|div|a)(?:\s[^<>]*)?\/?>$/i;

function plain(piece: Inline): string {
  // Markup between words says nothing; a `<name>` in prose is no markup.
  if (piece.kind === 'html' && markup.test(piece.value)) return '';
  return piece.kind === 'code' ? `\`${piece.value}\`` : piece.value;
}

function linesOf(inlines: readonly Inline[]): readonly (readonly Inline[])[] {
  const lines: Inline[][] = [[]];
  for (const piece of inlines) {
    if (piece.kind === 'break') {
      lines.push([]);
      continue;
    }
    if (piece.kind !== 'text' || !piece.value.includes('\n')) {
      lines.at(-1)?.push(piece);
      continue;
    }
    let offset = 0;
    for (const [index, part] of piece.value.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ ...piece, value: part, start: piece.start + offset, end: piece.start + offset + part.length });
      offset += part.length + 1;
    }
  }
  return lines.filter((line) => line.some((piece) => piece.value.trim() !== ''));
}

function leadOf(line: readonly Inline[], isLabel: (label: string) => boolean): { readonly label: string; readonly rest: readonly Inline[] } | undefined {
  const first = line.findIndex((piece) => piece.value.trim() !== '');
  if (first === -1 || !line[first]?.strong) return undefined;
  let end = first;
  while (line[end]?.strong) end += 1;
  const label = line.slice(first, end).map(plain).join('').trim();
  const after = line.slice(end);
  const next = after[0];
  if (/:$/.test(label)) return { label: label.slice(0, -1).trim(), rest: after };
  const separator = next?.kind === 'text' ? /^\s*(?::|[-\u2013\u2014](?=\s))/.exec(next.value)?.[0] : undefined;
  if (next && separator !== undefined)
    return { label, rest: [{ ...next, value: next.value.slice(separator.length), start: next.start + separator.length }, ...after.slice(1)] };
  if (after.every((piece) => piece.value.trim() === '')) return isSentence(label) ? undefined : { label, rest: [] };
  return isLabel(label) ? { label, rest: after } : undefined;
}

/** A line that is bold as a whole may be an emphasised sentence: "**One cluster at a time. Wait for the first.**" */
function isSentence(label: string): boolean {
  return /[.!?]$/.test(label) && label.split(/\s+/).length > 2;
}

function plainLeadOf(
  line: readonly Inline[],
  isPlainLabel: (label: string) => boolean,
  goesOn: boolean,
): { readonly label: string; readonly rest: readonly Inline[] } | undefined {
  const [first, ...rest] = line;
  if (first?.kind !== 'text') return undefined;
  const match = /^\s*([A-Za-z][\w /-]{1,40}?)\s*:(?=\s|$)/.exec(first.value);
  if (!match || !isPlainLabel(match[1] ?? '')) return undefined;
  const length = match[0].length;
  const body = { ...first, value: first.value.slice(length), start: first.start + length };
  // With nothing behind the colon, and no line below, it is a headline, which its own rule reads.
  return !goesOn && body.value.trim() === '' && rest.every((piece) => piece.value.trim() === '') ? undefined : { label: match[1] ?? '', rest: [body, ...rest] };
}

function trimmed(inlines: readonly Inline[]): Inline[] {
  const pieces = [...inlines];
  while (pieces[0] && pieces[0].value.trim() === '') pieces.shift();
  while (pieces.length > 0 && pieces.at(-1)?.value.trim() === '') pieces.pop();
  const first = pieces[0];
  if (first?.kind === 'text') {
    const lead = first.value.length - first.value.trimStart().length;
    pieces[0] = { ...first, value: first.value.trimStart(), start: first.start + lead };
  }
  return pieces;
}
