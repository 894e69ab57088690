// Which statements of a session were committed in the end. Reads only what the server says (command tags, transaction
// status); a savepoint's name is the one thing taken from the statement.
import type { StatementRecord } from '../model/contract.ts';

export type Fate = StatementRecord['fate'];

/** A statement whose transaction has not ended yet; `undone` by a rollback to a savepoint before it. */
interface Open<T> {
  readonly statement: T;
  undone: boolean;
}

/** Follows one session's transactions. `settle` is told each statement once, in order, when its fate is known. */
export class TransactionFate<T> {
  readonly #settle: (statement: T, fate: Fate) => void;
  #open: Open<T>[] = [];
  #savepoints: { readonly name: string; readonly at: number }[] = [];
  #failed = false;
  #inBlock = false;

  constructor(settle: (statement: T, fate: Fate) => void) {
    this.#settle = settle;
  }

  /** A statement was carried out; `tag` is its CommandComplete's. */
  completed(statement: T, tag: string, text: string): void {
    this.#open.push({ statement, undone: false });
    if (tag === 'COMMIT') this.#settleAll('committed');
    else if (tag === 'SAVEPOINT') this.#savepoints.push({ name: savepointName(text), at: this.#open.length });
    else if (tag === 'ROLLBACK' && rollsBackTo(text)) this.#undoTo(savepointName(text));
    else if (tag === 'ROLLBACK') this.#settleAll('rolled back');
  }

  /** The server rejected something: an implicit transaction is lost, an explicit one waits for its ROLLBACK. */
  failed(statement: T | undefined): void {
    if (statement !== undefined) this.#open.push({ statement, undone: true });
    this.#failed = true;
  }

  /** ReadyForQuery: `I` ends whatever was implicit. */
  ready(status: string): void {
    if (status === 'I') this.#settleAll(this.#failed ? 'rolled back' : 'committed');
    this.#inBlock = status !== 'I';
    this.#failed = false;
  }

  /** The session is over. Without an answer to something sent (`inFlight`) nobody can say what became of the transaction. */
  ended(inFlight: boolean): void {
    this.#settleAll(this.#inBlock && !inFlight ? 'rolled back' : 'open');
  }

  #settleAll(fate: Fate): void {
    const settled = this.#open;
    this.#open = [];
    this.#savepoints = [];
    for (const { statement, undone } of settled) this.#settle(statement, undone ? 'rolled back' : fate);
  }

  #undoTo(name: string): void {
    const found = this.#savepoints.findLast((savepoint) => savepoint.name === name);
    for (const open of this.#open.slice(found?.at ?? 0, -1)) open.undone = true;
    if (found !== undefined) this.#savepoints.length = this.#savepoints.indexOf(found) + 1;
  }
}

const leadingComments = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const savepoint = /^(?:savepoint|rollback(?:\s+work|\s+transaction)?\s+to(?:\s+savepoint)?)\s+("(?:[^"]|"")+"|[^\s;]+)/i;

function rollsBackTo(text: string): boolean {
  return /^rollback\b[\s\S]*\bto\b/i.test(text.replace(leadingComments, ''));
}

function savepointName(text: string): string {
  const written = savepoint.exec(text.replace(leadingComments, ''))?.[1] ?? '';
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}
