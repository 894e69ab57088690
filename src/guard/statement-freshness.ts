// Which prepared statements of a session were judged under a schema that has changed since. A plan is made anew by the server with
// what is there then, so a judgement has to be made anew too.
import type { Decision } from '../model/policy.ts';
import type { StatementJudgement } from '../policy/decide-sql.ts';
import { fromClient, readCString } from './wire-message.ts';

/** What a Bind is to be judged by. */
export type BindFreshness =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'again'; readonly name: string; readonly text: string }
  | { readonly kind: 'refuse'; readonly decision: Decision };

const changed: Decision = {
  effect: 'refuse',
  rule: 'stale-statement',
  reason: 'the schema has changed since this statement was prepared: prepare it again',
  sqlstate: '42501',
};

export class StatementFreshness {
  readonly #epoch: () => number;
  /** By the protocol, with the text. */
  readonly #parsed = new Map<string, { readonly text: string; readonly epoch: number }>();
  /** The oldest epoch of a PREPARE in SQL, whose text is not kept. */
  #preparedInSql: number | undefined;

  /** `epoch` moves whenever a judgement may not be true any more. */
  constructor(epoch: () => number = () => 0) {
    this.#epoch = epoch;
  }

  /** A Parse was judged and let through. */
  parsed(name: string, text: string, statements: readonly Pick<StatementJudgement, 'kind'>[]): void {
    // Under a name that is taken the server keeps the statement that it has; which of both that is, nobody here knows.
    const before = name === '' ? undefined : this.#parsed.get(name);
    const both = before === undefined || before.text === text ? text : `${before.text};\n${text}`;
    this.#parsed.set(name, { text: both, epoch: before === undefined || before.text === text ? this.#epoch() : before.epoch });
    this.#notePrepare(statements);
  }

  /** A refusal for a message that carries out what was prepared in SQL before the schema changed; else it is noted. */
  queried(statements: readonly Pick<StatementJudgement, 'kind'>[]): Decision | undefined {
    if (this.#isStaleInSql() && statements.some(({ kind }) => kind === 'execute')) return changed;
    this.#notePrepare(statements);
    return undefined;
  }

  /** Of a Bind, whose statement it names. */
  bound(message: Buffer): BindFreshness {
    const portal = readCString(message, 5);
    const name = (portal && readCString(message, portal.end)?.bytes.toString('latin1')) ?? '';
    const known = this.#parsed.get(name);
    if (known === undefined) return this.#isStaleInSql() ? { kind: 'refuse', decision: changed } : { kind: 'fresh' };
    return known.epoch === this.#epoch() ? { kind: 'fresh' } : { kind: 'again', name, text: known.text };
  }

  closed(message: Buffer): void {
    if (message[0] === fromClient.close && message[5] === 0x53) this.#parsed.delete(readCString(message, 6)?.bytes.toString('latin1') ?? '');
  }

  #isStaleInSql(): boolean {
    return this.#preparedInSql !== undefined && this.#preparedInSql !== this.#epoch();
  }

  #notePrepare(statements: readonly Pick<StatementJudgement, 'kind'>[]): void {
    if (statements.some(({ kind }) => kind === 'deallocate' || kind === 'discard')) this.#preparedInSql = undefined;
    if (statements.some(({ kind }) => kind === 'prepare')) this.#preparedInSql ??= this.#epoch();
  }
}
