/**
 * PostgreSQL's own parser (libpg-query 18, wasm) in a worker thread. A worker that showed anything but a tree or a plain
 * syntax error is thrown away, because an overflow leaves the module corrupt; whatever cannot be parsed is refused, never let through.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { SqlNode, SqlStatement } from './sql-node.ts';
import { sqlStatements, utf16OffsetOf } from './sql-offset.ts';
import { unsoundOffset } from './text-soundness.ts';

export type { SqlNode, SqlStatement } from './sql-node.ts';

export type SqlParse =
  | { readonly kind: 'statements'; readonly statements: readonly SqlStatement[] }
  | { readonly kind: 'syntax-error'; readonly message: string; readonly offset: number }
  /** Nothing is known about the text: too large, too deep, too slow, or the parser broke on it. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface SqlParser {
  readonly parse: (text: string) => Promise<SqlParse>;
  /** The PL/pgSQL function tree of a whole `DO` or `CREATE FUNCTION` statement; undefined when it cannot be read. */
  readonly parsePlpgsql: (statement: string) => Promise<SqlNode | undefined>;
  /** Ends the worker. Texts put to it afterwards are refused. */
  readonly close: () => Promise<void>;
}

export interface SqlParserLimits {
  /** Longest text in UTF-8 bytes. */
  readonly maximumBytes: number;
  /** Deepest nesting of brackets, counted without regard to quotes. */
  readonly maximumDepth: number;
  /** For one text, once the worker is up. */
  readonly timeoutMs: number;
  /** Answers kept, and UTF-16 units of the texts that they answer. */
  readonly cachedTexts: number;
  readonly cachedUnits: number;
}

/** What the worker says: that it is up, or the one answer to the one text it was given. Trees come as JSON, which nests deeper than a structured clone. */
type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tree'; readonly json: string }
  | { readonly kind: 'sql-error'; readonly message: string; readonly cursor: number }
  | { readonly kind: 'broken'; readonly message: string };

interface Job {
  readonly kind: 'sql' | 'plpgsql';
  readonly text: string;
  readonly answer: (answer: WorkerAnswer) => void;
}

const defaultLimits: SqlParserLimits = { maximumBytes: 256 * 1024, maximumDepth: 500, timeoutMs: 5_000, cachedTexts: 500, cachedUnits: 1_000_000 };
const startTimeoutMs = 30_000;

const workerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const library = require(workerData);
parentPort.on('message', ({ kind, text }) => {
  try {
    const tree = kind === 'sql' ? library.parseSync(text) : library.parsePlPgSQLSync(text);
    parentPort.postMessage({ kind: 'tree', json: JSON.stringify(tree) });
  } catch (error) {
    const message = String(error && error.message);
    if (error && error.name === 'SqlError') parentPort.postMessage({ kind: 'sql-error', message, cursor: error.sqlDetails ? error.sqlDetails.cursorPosition : 0 });
    else parentPort.postMessage({ kind: 'broken', message });
  }
});
library.loadModule().then(() => parentPort.postMessage({ kind: 'ready' }));
`;

/** The worker starts with the first text and never keeps the process alive by itself. */
export function createSqlParser(limits: Partial<SqlParserLimits> = {}): SqlParser {
  const { maximumBytes, maximumDepth, timeoutMs, cachedTexts, cachedUnits } = { ...defaultLimits, ...limits };
  const seat = createSeat(timeoutMs);
  const cache = new Map<string, Promise<SqlParse>>();
  let units = 0;

  const ask = async (text: string): Promise<SqlParse> => {
    const answer = await seat.ask('sql', text);
    switch (answer.kind) {
      case 'tree':
        return { kind: 'statements', statements: sqlStatements(text, answer.json) };
      case 'sql-error':
        return { kind: 'syntax-error', message: answer.message, offset: utf16OffsetOf(text, answer.cursor) };
      case 'ready':
      case 'broken':
        return { kind: 'refused', reason: answer.kind === 'broken' ? answer.message : 'the parser gave no answer' };
    }
  };

  const parse = (text: string): Promise<SqlParse> => {
    const refusal = refusalOf(text, maximumBytes, maximumDepth);
    if (refusal !== undefined) return Promise.resolve({ kind: 'refused', reason: refusal });
    if (text.trim() === '') return Promise.resolve({ kind: 'statements', statements: [] });
    const known = cache.get(text);
    if (known) {
      cache.delete(text);
      cache.set(text, known);
      return known;
    }
    const parsed = ask(text);
    cache.set(text, parsed);
    units += text.length;
    for (const [oldest] of cache) {
      if (cache.size <= cachedTexts && units <= cachedUnits) break;
      cache.delete(oldest);
      units -= oldest.length;
    }
    // A refusal may be the machine's load, not the text's fault: the next asking decides anew.
    void parsed.then(({ kind }) => {
      if (kind === 'refused' && cache.get(text) === parsed && cache.delete(text)) units -= text.length;
    });
    return parsed;
  };

  const parsePlpgsql = async (statement: string): Promise<SqlNode | undefined> => {
    if (refusalOf(statement, maximumBytes, maximumDepth) !== undefined) return undefined;
    const answer = await seat.ask('plpgsql', statement);
    return answer.kind === 'tree' ? (JSON.parse(answer.json) as SqlNode) : undefined;
  };

  return { parse, parsePlpgsql, close: seat.close };
}

/** Why a text is not even shown to the parser. */
function refusalOf(text: string, maximumBytes: number, maximumDepth: number): string | undefined {
  if (text.length > maximumBytes || Buffer.byteLength(text) > maximumBytes) return `the text is longer than ${maximumBytes} bytes`;
  if (unsoundOffset(text) !== undefined) return 'the text holds NUL or a lone surrogate';
  let depth = 0;
  for (const [bracket] of text.matchAll(/[()[\]]/g)) {
    depth = bracket === '(' || bracket === '[' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > maximumDepth) return `the text nests deeper than ${maximumDepth} brackets`;
  }
  return undefined;
}

interface Seat {
  readonly ask: (kind: Job['kind'], text: string) => Promise<WorkerAnswer>;
  readonly close: () => Promise<void>;
}

/** One worker at a time with one text at a time, so that a time limit knows whom it ends. */
function createSeat(timeoutMs: number): Seat {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let ready = false;
  let closed = false;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

  const dismiss = (): Promise<unknown> => {
    const dismissed = worker;
    worker = undefined;
    ready = false;
    dismissed?.removeAllListeners();
    // What a dying worker still has to say is of no interest, but unheard it would be an uncaught error.
    dismissed?.on('error', () => {});
    return dismissed?.terminate() ?? Promise.resolve();
  };

  const settle = (answer: WorkerAnswer): void => {
    clearTimeout(timer);
    const job = current;
    current = undefined;
    // "memory exhausted" is a plain error for the parser, yet comes from the very overflow that leaves it corrupt.
    if (answer.kind === 'broken' || (answer.kind === 'sql-error' && /memory|stack depth/.test(answer.message))) void dismiss();
    else worker?.unref();
    job?.answer(answer);
    advance();
  };

  const limit = (ms: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => settle({ kind: 'broken', message: `${what} within ${ms} ms` }), ms);
  };

  const submit = (): void => {
    if (!current || !worker || !ready) return;
    limit(timeoutMs, 'the parser did not answer');
    worker.postMessage({ kind: current.kind, text: current.text });
  };

  const start = (): void => {
    limit(startTimeoutMs, 'the parser did not start');
    // Resolved here, by an absolute path: a worker made from a string has no folder of its own to resolve from.
    const library = createRequire(import.meta.url).resolve('libpg-query');
    const resourceLimits = { maxOldGenerationSizeMb: 512, stackSizeMb: 4 };
    worker = new Worker(workerSource, { eval: true, workerData: library, execArgv: [], argv: [], env: {}, stdout: true, stderr: true, resourceLimits });
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind !== 'ready') return settle(answer);
      ready = true;
      submit();
    });
    worker.on('error', (error) => settle({ kind: 'broken', message: `the parser broke: ${error.message}` }));
    worker.on('exit', () => settle({ kind: 'broken', message: 'the parser ended by itself' }));
  };

  const advance = (): void => {
    if (current) return;
    current = waiting.shift();
    if (!current) return;
    if (worker) worker.ref();
    else start();
    submit();
  };

  return {
    ask: (kind, text) =>
      new Promise((answer) => {
        if (closed) return answer({ kind: 'broken', message: 'the parser is closed' });
        waiting.push({ kind, text, answer });
        advance();
      }),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      for (const job of [...(current ? [current] : []), ...waiting.splice(0)]) job.answer({ kind: 'broken', message: 'the parser is closed' });
      current = undefined;
      await dismiss();
    },
  };
}
