/** Shapes of a value that is still to be written, other than `<name>`; each would reach the program as it stands. */
import { holeName, type Hole } from './placeholder.ts';

interface BlankShape {
  readonly pattern: RegExp;
  /** What it is called; the part in brackets of the pattern. */
  readonly name: (part: string) => string;
}

/** Words in square brackets that people print in front of a message. */
const marks = 'ALERT|CRITICAL|DEBUG|DONE|ERROR|FAIL|FAILED|FATAL|HINT|INFO|NOTE|NOTICE|PASS|PASSED|SUCCESS|TODO|TRACE|WARN|WARNING';
const constants = 'FILE|LINE|DIR|FUNCTION|CLASS|METHOD|NAMESPACE|DATE|TIME|COUNTER|VERSION|PRETTY_FUNCTION|VA_ARGS|EOF|END|DATA';

const shapes: readonly BlankShape[] = [
  { pattern: /(?<!\$)\{\{[ \t]*([A-Za-z_][\w-]*)[ \t]*\}\}/g, name: holeName },
  { pattern: /(?<![A-Za-z0-9_$])(YOUR[_-][A-Z][A-Z0-9_-]*[A-Z0-9]|YOUR[_-][A-Z])(?![A-Za-z0-9_])/g, name: named },
  { pattern: /(?<![A-Za-z0-9_$])(CHANGE[_-]?ME|REPLACE[_-]?ME|FIX[_-]?ME)(?![A-Za-z0-9_])/gi, name: holeName },
  { pattern: /(?<![\w$.{/-])(x{4,}|X{4,})(?![\w.-])|(?<=[/=:'"-])(x{4,}|X{4,})(?![\w.])/g, name: holeName },
  { pattern: new RegExp(String.raw`(?<=[\s/='":,]|^)\[(?!(?:${marks})\])([A-Z][A-Z0-9_ -]*[A-Z0-9_]{2})\](?=[\s/'":,;]|$)`, 'g'), name: named },
  { pattern: /(?<![\w%])%([A-Z][A-Z0-9_]{2,})%(?![\w%])/g, name: named },
  { pattern: new RegExp(String.raw`(?<![\w{$])__(?!(?:${constants})__)([A-Z][A-Z0-9_]*[A-Z0-9])__(?!\w)`, 'g'), name: named },
];

/** `YOUR_API_TOKEN` is the value `api_token`. */
function named(part: string): string {
  const name = holeName(part);
  return name.replace(/^your_(?=[a-z])/, '').replace(/_here$/, '');
}

/** All of them, in order of text. Whether one is a hole where it stands is the caller's to decide. */
export function blanksIn(text: string): readonly Hole[] {
  const found = shapes.flatMap(({ pattern, name }) =>
    [...text.matchAll(pattern)].map((match) => ({
      name: name(match[1] ?? match[2] ?? match[0]),
      written: match[0],
      offset: match.index,
      length: match[0].length,
    })),
  );
  return withoutOverlap(found.filter((blank) => !isTemporaryName(text, blank)));
}

/** `mktemp /tmp/x.XXXXXX`: what mktemp fills itself. */
function isTemporaryName(text: string, blank: Hole): boolean {
  return (
    /^X+$/.test(blank.written) &&
    /mktemp|\/tmp\/\S*$/.test(
      text
        .slice(Math.max(0, blank.offset - 500), blank.offset)
        .split('\n')
        .at(-1) ?? '',
    )
  );
}

/** In order; of two that share a place the first and longer one. */
export function withoutOverlap<T extends Pick<Hole, 'offset' | 'length'>>(holes: readonly T[]): readonly T[] {
  const kept: T[] = [];
  for (const hole of holes.toSorted((a, b) => a.offset - b.offset || b.length - a.length)) {
    const last = kept.at(-1);
    if (!last || hole.offset >= last.offset + last.length) kept.push(hole);
  }
  return kept;
}
