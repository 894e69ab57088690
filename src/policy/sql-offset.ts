/** libpg-query counts statements in UTF-8 bytes and errors in code points; everything of ours counts UTF-16 units. */
import { listIn, nodeIn, type SqlStatement } from './sql-node.ts';

/** The statements of libpg-query's answer to the text. */
export function sqlStatements(text: string, json: string): readonly SqlStatement[] {
  const unitAt = bytesToUnits(text);
  return listIn(nodeIn(JSON.parse(json))?.['stmts']).map((raw) => {
    const from = typeof raw['stmt_location'] === 'number' ? raw['stmt_location'] : 0;
    const bytes = typeof raw['stmt_len'] === 'number' ? raw['stmt_len'] : 0;
    // Rising offsets alone: many statements would cost the square of the text's length otherwise.
    const start = unitAt(from);
    // A length of zero means: to the end of the text.
    const end = bytes > 0 ? unitAt(from + bytes) : text.length;
    const offset = skipBlank(text, start, end);
    const own = text.slice(offset, end).trimEnd();
    return { tree: nodeIn(raw['stmt']) ?? {}, offset, length: own.length, text: own };
  });
}

/** The UTF-16 offset of the n-th code point. */
export function utf16OffsetOf(text: string, codePoints: number): number {
  let offset = 0;
  for (let count = 0; count < codePoints && offset < text.length; count += 1) offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}

/** Translates rising byte offsets; asked with a lower one than before, it starts again. */
function bytesToUnits(text: string): (bytes: number) => number {
  let units = 0;
  let passed = 0;
  return (bytes) => {
    if (bytes < passed) {
      units = 0;
      passed = 0;
    }
    while (passed < bytes && units < text.length) {
      const point = text.codePointAt(units) ?? 0;
      passed += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      units += point > 0xffff ? 2 : 1;
    }
    return units;
  };
}

/** The first offset from `start` that is neither space nor comment; comments nest, as PostgreSQL has them. */
function skipBlank(text: string, start: number, end: number): number {
  let offset = start;
  let depth = 0;
  while (offset < end) {
    const two = text.slice(offset, offset + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/' && depth > 0) depth -= 1;
    else if (depth === 0 && two === '--') {
      const newline = text.indexOf('\n', offset);
      offset = newline < 0 ? end : newline;
      continue;
    } else {
      if (depth === 0 && !/\s/.test(two.charAt(0))) break;
      offset += 1;
      continue;
    }
    offset += 2;
  }
  return Math.min(offset, end);
}
