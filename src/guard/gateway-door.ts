// One step's identity at the gateway: its token, its sessions, and the record of what came through.
import type { StatementRecord } from '../model/contract.ts';
import type { Decision } from '../model/policy.ts';
import type { Access } from '../model/step.ts';
import { capabilityRules } from '../policy/capability-rule.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import type { GatewaySession } from './gateway-session.ts';
import { abridgeText } from './kept-text.ts';
import type { ScramSecret } from './scram.ts';
import { StatementLedger } from './statement-ledger.ts';

export interface DoorOptions {
  readonly step: string;
  readonly access: Access;
  readonly secret: ScramSecret;
  readonly decide: (text: string) => SqlJudgement | Promise<SqlJudgement>;
  readonly canary: boolean;
  readonly nextSequence: () => number;
  readonly lastSequence: () => number;
  readonly onStatement: (record: StatementRecord) => void;
}

/** How many permitted statements without a write one door keeps; refusals and writes are all kept, and `onStatement` is told of all. */
const keptReads = 20_000;

export class GatewayDoor {
  readonly #options: DoorOptions;
  /** The judgement of a text for this door's access. */
  readonly decide: (text: string) => SqlJudgement | Promise<SqlJudgement>;
  readonly #records: StatementRecord[] = [];
  readonly #sessions = new Set<GatewaySession>();
  readonly #admitting = new Set<Promise<void>>();
  #reads = 0;
  #open = true;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.decide = options.decide;
  }

  get step(): string {
    return this.#options.step;
  }

  get access(): Access {
    return this.#options.access;
  }

  get secret(): ScramSecret {
    return this.#options.secret;
  }

  get canary(): boolean {
    return this.#options.canary;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Every other capability reads, and the server is told so too. */
  get mayWrite(): boolean {
    const { writes } = capabilityRules[this.access.capability];
    return this.access.capability !== 'probe' && writes !== 'none';
  }

  /** The record of one session's permitted statements. */
  ledger(session: number): StatementLedger {
    return new StatementLedger({
      nextSequence: this.#options.nextSequence,
      lastSequence: this.#options.lastSequence,
      emit: (record) => this.#keep({ ...record, step: this.step, session }),
    });
  }

  refused(session: number, text: string, decision: Decision): void {
    this.#keep({ sequence: this.#options.nextSequence(), step: this.step, session, text: abridgeText(text), decision, writes: [], fate: 'none' });
  }

  /** A client that has proved its token and is being connected; `close` waits for it. */
  async admitting(connecting: Promise<void>): Promise<void> {
    this.#admitting.add(connecting);
    try {
      await connecting;
    } finally {
      this.#admitting.delete(connecting);
    }
  }

  joined(session: GatewaySession): void {
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
    if (!this.#open) void session.end();
  }

  /** Ends the token at once and the sessions as soon as the server lets go. Safe to call twice. */
  async close(): Promise<readonly StatementRecord[]> {
    this.#open = false;
    await Promise.allSettled(this.#admitting);
    await Promise.all([...this.#sessions].map((session) => session.end()));
    const records = this.#records.toSorted((a, b) => a.sequence - b.sequence);
    return this.#reads > keptReads ? [...records, this.#notKept()] : records;
  }

  #notKept(): StatementRecord {
    const text = `(${this.#reads - keptReads} more statements that only read)`;
    const decision: Decision = { effect: 'permit', rule: 'not-kept', reason: `of statements that only read, the first ${keptReads} are kept` };
    return { sequence: this.#options.lastSequence(), step: this.step, session: 0, text, decision, writes: [], fate: 'none' };
  }

  #keep(record: StatementRecord): void {
    this.#options.onStatement(record);
    const read = record.decision.effect === 'permit' && record.writes.length === 0;
    if (read) this.#reads += 1;
    if (!read || this.#reads <= keptReads) this.#records.push(record);
  }
}
