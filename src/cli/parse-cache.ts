/**
 * PostgreSQL's parser costs half of the time of a `check`, and plans seldom change: its answers are kept by the digest of
 * the text. For commands that only look; what is executed is parsed anew, so that a file in a cache never decides.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlParse, SqlParser } from '../policy/sql-parser.ts';

/** More answers than any project has statements; then all are thrown away. */
const maximumAnswers = 5_000;

const maximumUnits = 64 * 1024;

/** `release` stands for the parser that gave an answer: another version of this package asks again. */
export function createCachingParser(createParser: () => SqlParser, folder: string, release: string): SqlParser {
  let real: SqlParser | undefined;
  const parser = (): SqlParser => (real ??= createParser());
  const cached = async <T>(kind: string, text: string, ask: () => Promise<T>, keep: (answer: T) => boolean): Promise<T> => {
    if (text.length > maximumUnits) return ask();
    const path = join(folder, createHash('sha256').update(`${release}\0${kind}\0${text}`).digest('hex'));
    const known = readAnswer(path);
    if (known !== undefined) return known.answer as T;
    const answer = await ask();
    if (keep(answer)) writeAnswer(folder, path, answer);
    return answer;
  };
  return {
    // What could not be judged (too slow on a busy machine, a broken worker) may be judged the next time.
    parse: (text) => cached<SqlParse>('sql', text, () => parser().parse(text), (answer) => answer.kind !== 'refused'),
    parsePlpgsql: (text) => cached('plpgsql', text, () => parser().parsePlpgsql(text), (answer) => answer !== undefined),
    close: async () => real?.close(),
  };
}

function readAnswer(path: string): { readonly answer: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { readonly answer: unknown };
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written is no reason to say anything. */
function writeAnswer(folder: string, path: string, answer: unknown): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (readdirSync(folder).length > maximumAnswers) rmSync(folder, { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify({ answer }), { mode: 0o600 });
    renameSync(fresh, path);
  } catch {
    return;
  }
}
