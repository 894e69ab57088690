/**
 * A plan document with lines added and holes filled, so that the addition can be taken out again byte for byte. What is
 * added stands between two marker lines that carry the execution's id, which no author of a plan can know; the lines whose
 * holes were filled are kept in the last addition.
 */

/** Lines to be added after line `after` (counted from 1; 0 is the top), each behind `indent`. */
export interface Addition {
  readonly after: number;
  readonly indent: string;
  readonly lines: readonly string[];
}

/** A stretch of line `line`, columns from 1 in UTF-16 units, `to` exclusive. */
export interface Replacement {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Line {
  readonly text: string;
  readonly ending: string;
}

const byteOrderMark = '\ufeff';

/**
 * The top and the end always get an addition: by the first marker the others are known. The top is behind line `top`, and nothing is
 * added before it; the lines until there must hold no marker.
 */
export function spliceReport(document: string, execution: string, additions: readonly Addition[], replacements: readonly Replacement[], top = 0): string {
  const mark = document.startsWith(byteOrderMark) ? byteOrderMark : '';
  const lines = splitLines(document.slice(mark.length));
  const filled = new Map([...groupByLine(replacements)].map(([line, list]) => [line, fill(lines[line - 1]?.text ?? '', list)]));
  // Of filled lines the whole: a plan and a value may hold half a marker each.
  const id = markerId(execution, [document, ...additions.flatMap((addition) => addition.lines), ...filled.values()]);
  // Never a lone `\r`, even where the document has them: with a line feed behind it, it would be one ending and not two.
  const eol = lines[0]?.ending === '\r\n' ? '\r\n' : '\n';
  const added = new Map<number, Addition[]>();
  for (const addition of additions) {
    const after = Math.max(top, Math.min(addition.after, lines.length));
    const own = added.get(after);
    if (own === undefined) added.set(after, [addition]);
    else own.push(addition);
  }
  const originals = [...filled.keys()].toSorted((a, b) => a - b).map((line) => `<!-- line ${line} was ${quote(lines[line - 1]?.text ?? '')} -->`);
  /** One block for each run of additions that stand equally deep. */
  const block = (list: readonly Addition[], note = '', kept: readonly string[] = []): string => {
    const runs = runsOf(list);
    return runs
      .map((run, index) => {
        const indent = run[0]?.indent ?? '';
        const content = run.flatMap((addition) => addition.lines.map((line) => `${indent}${line}`));
        const last = index === runs.length - 1 ? kept : [];
        return [`${indent}<!-- proofplan ${id}${index === 0 ? note : ''} -->`, ...content, ...last, `${indent}<!-- /proofplan ${id} -->`]
          .map((line) => `${line}${eol}`)
          .join('');
      })
      .join('');
  };
  const atTop = (number: number): readonly Addition[] | undefined =>
    number === top ? (added.get(top) ?? []).map((addition) => ({ ...addition, indent: '' })) : undefined;
  const parts = [mark, ...(top === 0 ? [block(atTop(0) ?? [])] : [])];
  lines.forEach((line, index) => {
    const number = index + 1;
    const own = atTop(number) ?? added.get(number);
    parts.push(filled.get(number) ?? line.text, line.ending);
    if (number < lines.length) parts.push(own === undefined ? '' : block(own));
    else if (line.ending === '') parts.push(eol, block(own ?? [], lastNote, originals));
    else parts.push(block(own ?? [], '', originals));
  });
  if (lines.length === 0) parts.push(block([], '', originals));
  return parts.join('');
}

const lastNote = ', after a last line without line feed';

/** At least one, which may be empty. */
function runsOf(list: readonly Addition[]): readonly (readonly Addition[])[] {
  const runs: Addition[][] = [[]];
  for (const addition of list) {
    const run = runs.at(-1);
    const [first] = run ?? [];
    if (first === undefined || first.indent === addition.indent) run?.push(addition);
    else runs.push([addition]);
  }
  return runs;
}

/** A program that was executed may know the id and print a marker, and a plan may be an earlier report: then the markers get another one. */
function markerId(execution: string, texts: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? execution : `${execution}.${number}`;
    if (!texts.some((text) => text.includes(`proofplan ${id}`))) return id;
  }
}

/** The plan document that a report was made from; undefined when the markers are not as they were written. */
export function restorePlan(report: string): string | undefined {
  const mark = report.startsWith(byteOrderMark) ? byteOrderMark : '';
  const lines = splitLines(report.slice(mark.length));
  const first = lines.find(({ text }) => text.startsWith('<!-- proofplan '))?.text ?? '';
  const id = /^<!-- proofplan (\S+?)(?:, after a last line without line feed)? -->$/.exec(first)?.[1];
  if (id === undefined) return undefined;
  const kept: Line[] = [];
  const originals = new Map<number, string>();
  let inside = false;
  for (const line of lines) {
    const text = line.text.replace(/^[\s>]*/, '');
    if (inside) {
      if (text === `<!-- /proofplan ${id} -->`) inside = false;
      const original = /^<!-- line (\d+) was (".*") -->$/.exec(line.text);
      if (original !== null) originals.set(Number(original[1]), JSON.parse(original[2] ?? '""') as string);
    } else if (text === `<!-- proofplan ${id} -->`) inside = true;
    else if (text === `<!-- proofplan ${id}${lastNote} -->`) {
      inside = true;
      const last = kept.pop();
      kept.push({ text: last?.text ?? '', ending: '' });
    } else kept.push(line);
  }
  return inside ? undefined : mark + kept.map((line, index) => `${originals.get(index + 1) ?? line.text}${line.ending}`).join('');
}

/** Lines with their endings, `\r\n`, `\n` or `\r`; a text that ends with one has no empty line behind it. */
export function splitLines(text: string): readonly Line[] {
  return [...text.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)].filter((match) => match[0] !== '').map((match) => ({ text: match[1] ?? '', ending: match[2] ?? '' }));
}

function groupByLine(replacements: readonly Replacement[]): ReadonlyMap<number, readonly Replacement[]> {
  const byLine = new Map<number, Replacement[]>();
  for (const replacement of replacements) byLine.set(replacement.line, [...(byLine.get(replacement.line) ?? []), replacement]);
  return byLine;
}

function fill(line: string, replacements: readonly Replacement[]): string {
  let text = line;
  for (const { from, to, text: value } of replacements.toSorted((a, b) => b.from - a.from)) text = text.slice(0, from - 1) + value + text.slice(to - 1);
  // A line that vanished could not be found again.
  return text === '' ? ' ' : text;
}

/** JSON in which nothing can end a comment, and no character of which steers a terminal. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[<>-]|[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
