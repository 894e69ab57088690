// Which statements of a session were committed in the end. Reads only what the server says (command tags, transaction
// status); a savepoint's name is the one thing taken from the statement.
import type { StatementRecord } from '../model/contract.ts';
import { savepointOf } from './savepoint-name.ts';

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
  /** Something that may have committed by itself was carried out, or failed, outside of a transaction block. */
  #mayHaveCommitted = false;
  #inBlock = false;

  constructor(settle: (statement: T, fate: Fate) => void) {
    this.#settle = settle;
  }

  /** A statement was carried out; `tag` is its CommandComplete's. */
  completed(statement: T, tag: string, text: string): void {
    this.#open.push({ statement, undone: false });
    switch (tag) {
      case 'COMMIT':
        return this.#settleAll('committed');
      case 'CALL':
      case 'DO':
        this.#mayHaveCommitted = true;
        return;
      case 'PREPARE TRANSACTION':
        // Another session may commit it, or nobody.
        return this.#settleAll('open');
      case 'SAVEPOINT':
        this.#savepoints.push({ name: savepointOf(text) ?? '', at: this.#open.length });
        return;
      case 'RELEASE':
        return this.#release(savepointOf(text));
      case 'ROLLBACK': {
        const savepoint = savepointOf(text);
        if (savepoint === undefined) this.#settleAll('rolled back');
        else this.#undoTo(savepoint);
      }
    }
  }

  /** The server rejected something: an implicit transaction is lost, an explicit one waits for its ROLLBACK. `mayCommitItself`: part of it may have lasted. */
  failed(statement: T | undefined, mayCommitItself = false): void {
    if (statement !== undefined) this.#open.push({ statement, undone: !mayCommitItself });
    if (mayCommitItself) this.#mayHaveCommitted = true;
    this.#failed = true;
  }

  /** ReadyForQuery: `I` ends whatever was implicit. */
  ready(status: string): void {
    if (status === 'I') this.#settleAll(!this.#failed ? 'committed' : this.#mayHaveCommitted ? 'open' : 'rolled back');
    this.#inBlock = status !== 'I';
    this.#failed = false;
    this.#mayHaveCommitted = false;
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

  /** The savepoint and those made after it are no more; what was done since then is their parent's. */
  #release(name: string | undefined): void {
    const found = this.#savepoints.findLast((savepoint) => savepoint.name === name);
    if (found !== undefined) this.#savepoints.length = this.#savepoints.indexOf(found);
  }
}
