/** What came through a door, added up as it comes, in memory that does not grow with the number of statements. */
import type { StatementRecord } from '../model/contract.ts';

export interface StatementSummary {
  readonly statements: number;
  /** Sessions of the database that the door opened for the command. */
  readonly sessions: number;
  /** How many were permitted, by the rule that decided. */
  readonly permitted: Readonly<Record<string, number>>;
  readonly refused: number;
  /** The same statement refused for the same reason counts as one, up to `refusalLimit` different ones. */
  readonly refusals: readonly Refusal[];
  readonly tables: readonly WrittenTable[];
}

export interface Refusal {
  readonly text: string;
  readonly rule: string;
  readonly reason: string;
  readonly sqlstate?: string;
  readonly times: number;
}

/** Statements that wrote one table and shared one fate. `rows`: as the server counted them, where a statement wrote this table alone. */
export interface WrittenTable {
  readonly table: string;
  readonly fate: StatementRecord['fate'];
  readonly statements: number;
  readonly rows: number;
}

const refusalLimit = 100;

export class StatementCount {
  #statements = 0;
  #refused = 0;
  readonly #sessions = new Set<number>();
  readonly #permitted = new Map<string, number>();
  readonly #refusals = new Map<string, Refusal>();
  readonly #tables = new Map<string, WrittenTable>();

  get refused(): number {
    return this.#refused;
  }

  readonly note = (record: StatementRecord): void => {
    const { decision, text } = record;
    this.#statements += 1;
    this.#sessions.add(record.session);
    if (decision.effect === 'permit') {
      this.#permitted.set(decision.rule, (this.#permitted.get(decision.rule) ?? 0) + 1);
      for (const { relation } of record.writes) this.#wrote(relation, record);
      return;
    }
    this.#refused += 1;
    const key = `${decision.rule}\0${decision.reason}\0${text}`;
    const known = this.#refusals.get(key);
    if (known === undefined && this.#refusals.size >= refusalLimit) return;
    const { rule, reason, sqlstate } = decision;
    this.#refusals.set(key, { text, rule, reason, ...(sqlstate === undefined ? {} : { sqlstate }), times: (known?.times ?? 0) + 1 });
  };

  summary(): StatementSummary {
    return {
      statements: this.#statements,
      sessions: this.#sessions.size,
      permitted: Object.fromEntries([...this.#permitted].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      refused: this.#refused,
      refusals: [...this.#refusals.values()],
      tables: [...this.#tables.values()].toSorted((a, b) => (`${a.table} ${a.fate}` < `${b.table} ${b.fate}` ? -1 : 1)),
    };
  }

  /** A statement that the server rejected wrote nothing, whatever became of its transaction. */
  #wrote(table: string, { fate, sqlstate, rowCount, writes }: StatementRecord): void {
    if (sqlstate !== undefined || fate === 'none') return;
    const known = this.#tables.get(`${fate}\0${table}`);
    const rows = writes.length === 1 ? (rowCount ?? 0) : 0;
    this.#tables.set(`${fate}\0${table}`, { table, fate, statements: (known?.statements ?? 0) + 1, rows: (known?.rows ?? 0) + rows });
  }
}
