// What of a client's statements goes on to the server: each is judged in its order, and a refused one leaves a poison in its place.
import type { Decision } from '../model/policy.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import type { Outbox } from './outbox.ts';
import { judgeWithTypes, ownParameterTypes } from './parameter-type.ts';
import { PoisonCupboard } from './poison.ts';
import { noteNames } from './session-note.ts';
import { StatementFreshness } from './statement-freshness.ts';
import { fastpath, judgeBytes, type Judged } from './statement-judge.ts';
import type { StatementLedger } from './statement-ledger.ts';
import { fromClient, readCString } from './wire-message.ts';

export interface GateContext {
  readonly decide: (text: string) => SqlJudgement | Promise<SqlJudgement>;
  /** Moves when what was permitted may not be any more. */
  readonly epoch?: () => number;
  /** A text that names types by their numbers; undefined where one of them is not known. */
  readonly namingText?: (types: readonly number[]) => Promise<string | undefined>;
  readonly ledger: StatementLedger;
  /** A statement that was not let through; `text` as far as it was read. */
  readonly refused: (text: string, decision: Decision) => void;
}

/** A statement that never comes to be. */
const refusedName = 'proofplan_refused';

/** Each method takes one message; where it gives a promise, nothing may follow before that resolves. `malformed` is told what no client may send. */
export class StatementGate {
  readonly poisons = new PoisonCupboard();
  readonly #context: GateContext;
  readonly #toServer: Outbox;
  readonly #malformed: (complaint: string) => undefined;
  readonly #freshness: StatementFreshness;
  /** Does the rest of the message that was taken last go nowhere? */
  #discardsRest = false;

  constructor(context: GateContext, toServer: Outbox, malformed: (complaint: string) => undefined) {
    this.#context = context;
    this.#toServer = toServer;
    this.#malformed = malformed;
    this.#freshness = new StatementFreshness(context.epoch);
  }

  get discardsRest(): boolean {
    return this.#discardsRest;
  }

  /** A message that needs no judgement: its rest goes the way of its head. */
  pass(message: Buffer): undefined {
    this.#discardsRest = false;
    this.#toServer.add(message);
  }

  query(message: Buffer, whole: boolean): Promise<void> | undefined {
    return this.#judge(whole ? message.subarray(5) : undefined, message, this.#context.decide, (text, judgement) => {
      const stale = this.#freshness.queried(judgement.decision.effect === 'refuse' ? [] : judgement.statements);
      if (judgement.decision.effect === 'refuse') return this.#refuseQuery(text, judgement.decision);
      if (stale !== undefined) return this.#refuseQuery(text, stale);
      this.#context.ledger.sentQuery(judgement.statements);
      this.#toServer.add(message);
    });
  }

  parse(message: Buffer, whole: boolean): Promise<void> | undefined {
    const name = readCString(message, 5);
    if (name === undefined) return this.#malformed('the client sent a Parse without a name');
    const end = whole ? readCString(message, name.end)?.end : undefined;
    const { ledger } = this.#context;
    const types = end === undefined ? [] : ownParameterTypes(message, end);
    return this.#judge(end === undefined ? undefined : message.subarray(name.end, end), message, this.#decideWith(types), (text, { decision, statements }) => {
      const key = name.bytes.toString('latin1');
      if (decision.effect === 'refuse') {
        this.#context.refused(text, decision);
        ledger.sentParse(key, 'refused');
        this.#toServer.add(this.poisons.parse(name.bytes, decision));
        return;
      }
      // A Parse holds one statement at most; the server itself refuses more.
      this.#freshness.parsed(key, text, statements);
      const changesSchema = statements.some((statement) => statement.changesSchema === true);
      ledger.sentParse(key, { text, decision, writes: statements.flatMap((statement) => statement.writes), changesSchema });
      this.#toServer.add(message);
    });
  }

  bind(message: Buffer): Promise<void> | undefined {
    const bound = this.#freshness.bound(message);
    if (bound.kind === 'refuse') return this.#refuseBind('(a statement that was prepared in SQL)', bound.decision);
    if (bound.kind === 'again') return this.#judgeAgain(message, bound.name, bound.text);
    return this.named(fromClient.bind, message);
  }

  /** A Bind that is permitted, an Execute or a Close. */
  named(type: number, message: Buffer): undefined {
    if (type === fromClient.close) this.#freshness.closed(message);
    const complaint = noteNames(type, message, this.#context.ledger);
    return complaint === undefined ? this.pass(message) : this.#malformed(complaint);
  }

  functionCall(): undefined {
    this.#discardsRest = true;
    return this.#refuseQuery('(fastpath function call)', fastpath.decision);
  }

  /** What was permitted under another schema is judged under this one. */
  #judgeAgain(bind: Buffer, name: string, text: string): Promise<void> {
    const bytes = Buffer.from(`${text}\0`);
    const judged = judgeBytes(bytes, bytes, this.#context.decide, (_, { decision, statements }) => {
      if (decision.effect === 'refuse') return this.#refuseBind(text, decision);
      this.#freshness.parsed(name, text, statements);
      return this.named(fromClient.bind, bind);
    });
    return judged ?? Promise.resolve();
  }

  /** Without bytes the message was too long to be read whole, and its rest is not passed on either. */
  #judge(bytes: Buffer | undefined, message: Buffer, decide: GateContext['decide'], then: Judged): Promise<void> | undefined {
    this.#discardsRest = bytes === undefined;
    return judgeBytes(bytes, message, decide, then);
  }

  #decideWith(types: readonly number[]): GateContext['decide'] {
    const { decide, namingText } = this.#context;
    return types.length === 0 || namingText === undefined ? decide : (text) => judgeWithTypes(text, types, decide, namingText);
  }

  #refuseQuery(text: string, decision: Decision): undefined {
    this.#context.refused(text, decision);
    this.#context.ledger.sentQuery([]);
    this.#toServer.add(this.poisons.query(decision));
  }

  /** In its place stands a Parse that fails, after which the server ignores everything up to the Sync, as after any error. */
  #refuseBind(text: string, decision: Decision): undefined {
    this.#discardsRest = true;
    this.#context.refused(text, decision);
    this.#context.ledger.sentParse(refusedName, 'refused');
    this.#toServer.add(this.poisons.parse(Buffer.from(refusedName), decision));
  }
}
