// Maps a session's answers to what was sent, for the record: which statement a CommandComplete counts, which one an
// ErrorResponse rejects, what became of its transaction. Nothing is enforced here; a mistake would cost a record its
// exactness, never the guard its hold.
import type { StatementRecord } from '../model/contract.ts';
import { TransactionFate, type Fate } from './transaction-fate.ts';
import { fromServer, readCString, readErrorFields } from './wire-message.ts';

/** A statement that was let through, as judged. */
export type JudgedStatement = Pick<StatementRecord, 'text' | 'decision' | 'writes'>;

/** A record but for what the door knows (its step and session). */
type LedgerRecord = Omit<StatementRecord, 'step' | 'session'>;

/** One try at a statement. `sequence` was given when it arrived. */
interface Draft {
  readonly sequence: number;
  readonly statement: JudgedStatement;
  rowCount?: number;
  sqlstate?: string;
}

/** What a name of a prepared statement or portal stands for. The record of a refused one is made elsewhere. */
type Named = JudgedStatement | 'refused';

/** What the server still owes an answer to, in order. `previous` is what the name stood for before. */
type Pending =
  | { readonly kind: 'query'; readonly drafts: Draft[] }
  | { readonly kind: 'parse' | 'bind'; readonly name: string; readonly named: Named; readonly previous: Named | undefined }
  | { readonly kind: 'execute'; readonly draft: Draft | undefined }
  | { readonly kind: 'close' | 'sync' | 'copy-end' };

export interface LedgerOptions {
  /** The next number of the guard's one sequence. */
  readonly nextSequence: () => number;
  /** The last number given: what `settledAt` says. */
  readonly lastSequence: () => number;
  readonly emit: (record: LedgerRecord) => void;
}

/** ReadyForQuery's status outside a transaction, `I`. */
const idle = 0x49;

export class StatementLedger {
  readonly #options: LedgerOptions;
  readonly #fate: TransactionFate<Draft>;
  readonly #names = { parse: new Map<string, Named>(), bind: new Map<string, Named>() };
  readonly #pending: Pending[] = [];
  #copying = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#fate = new TransactionFate((draft, fate) => this.#emit(draft, fate));
  }

  /** Is an answer of the server still due? */
  get busy(): boolean {
    return this.#pending.length > 0;
  }

  /** A Query with its statements, in order; none for one that was refused. */
  sentQuery(statements: readonly JudgedStatement[]): void {
    this.#pending.push({ kind: 'query', drafts: statements.map((statement) => this.#draft(statement)) });
  }

  sentParse(name: string, statement: Named): void {
    this.#name('parse', name, statement);
  }

  sentBind(portal: string, statement: string): void {
    this.#name('bind', portal, this.#names.parse.get(statement) ?? madeInSql('EXECUTE', statement));
  }

  sentExecute(portal: string): void {
    const named = this.#names.bind.get(portal) ?? madeInSql('FETCH', portal);
    this.#pending.push({ kind: 'execute', draft: named === 'refused' ? undefined : this.#draft(named) });
  }

  sentClose(target: 'statement' | 'portal', name: string): void {
    this.#pending.push({ kind: 'close' });
    this.#names[target === 'statement' ? 'parse' : 'bind'].delete(name);
  }

  sentSync(): void {
    // A server that copies in ignores Sync until the copy has ended.
    if (!this.#copying) this.#pending.push({ kind: 'sync' });
  }

  sentCopyEnd(): void {
    if (this.#copying) this.#copying = false;
    else this.#pending.push({ kind: 'copy-end' });
  }

  /** An answer of the server, with its header, and how many rows came before it. `swapped`: an ErrorResponse that stands for a refusal. */
  received(type: number, message: Buffer, rows = 0, swapped = false): void {
    this.#dropCopyEnds();
    const head = this.#pending[0];
    switch (type) {
      case fromServer.parseComplete:
      case fromServer.bindComplete:
      case fromServer.closeComplete:
        if (head?.kind === 'parse' || head?.kind === 'bind' || head?.kind === 'close') this.#pending.shift();
        return;
      case fromServer.commandComplete: {
        const tag = readCString(message, 5)?.bytes.toString('latin1') ?? '';
        const draft = head?.kind === 'query' ? head.drafts.shift() : head?.kind === 'execute' ? head.draft : undefined;
        if (head?.kind === 'execute') this.#pending.shift();
        if (draft !== undefined) this.#completed(draft, tag);
        return;
      }
      case fromServer.portalSuspended:
      case fromServer.emptyQueryResponse:
        if (head?.kind !== 'execute') return;
        this.#pending.shift();
        if (head.draft !== undefined && type === fromServer.portalSuspended) head.draft.rowCount = rows;
        if (head.draft !== undefined) this.#fate.completed(head.draft, '', '');
        return;
      case fromServer.errorResponse:
        this.#rejected(head, swapped ? undefined : (readErrorFields(message)['C'] ?? 'XX000'));
        return;
      case fromServer.copyInResponse:
        this.#copyStarts();
        return;
      case fromServer.readyForQuery:
        if (head?.kind === 'query') for (const draft of head.drafts) this.#emit(draft, 'none');
        if (head?.kind === 'query' || head?.kind === 'sync') this.#pending.shift();
        this.#fate.ready(String.fromCharCode(message[5] ?? 0));
        // Portals end with their transaction; what is not forgotten would grow with the session.
        if (message[5] === idle && !this.busy) this.#names.bind.clear();
    }
  }

  /** The session is over: what is still open gets the fate that can be told. */
  ended(): void {
    const inFlight = this.busy;
    for (const pending of this.#pending) {
      const drafts = pending.kind === 'query' ? pending.drafts : pending.kind === 'execute' && pending.draft !== undefined ? [pending.draft] : [];
      for (const draft of drafts) this.#emit(draft, 'open');
    }
    this.#pending.length = 0;
    this.#fate.ended(inFlight);
  }

  #completed(draft: Draft, tag: string): void {
    const count = / (\d+)$/.exec(tag)?.[1];
    if (count !== undefined) draft.rowCount = Number(count);
    this.#fate.completed(draft, tag, draft.statement.text);
  }

  /** After an error the server answers nothing until Sync (extended protocol), or ends the whole message (simple). */
  #rejected(head: Pending | undefined, sqlstate: string | undefined): void {
    this.#copying = false;
    if (head?.kind === 'query') {
      const draft = head.drafts.shift();
      if (draft !== undefined && sqlstate !== undefined) draft.sqlstate = sqlstate;
      this.#fate.failed(draft);
      return;
    }
    const sync = this.#pending.findIndex((pending) => pending.kind === 'sync');
    const dropped = this.#pending.splice(0, sync === -1 ? this.#pending.length : sync);
    this.#undoNames(dropped);
    const drafts = dropped.flatMap((pending) => (pending.kind === 'execute' && pending.draft !== undefined ? [pending.draft] : []));
    const rejected = sqlstate === undefined ? undefined : (drafts.shift() ?? this.#draftOfNamed(dropped));
    if (rejected !== undefined && sqlstate !== undefined) rejected.sqlstate = sqlstate;
    this.#fate.failed(rejected);
    for (const draft of drafts) this.#emit(draft, 'none');
  }

  /** A Parse or Bind that was rejected before anything was to be executed. */
  #draftOfNamed(dropped: readonly Pending[]): Draft | undefined {
    const [first] = dropped;
    const named = first?.kind === 'parse' || first?.kind === 'bind' ? first.named : 'refused';
    return named === 'refused' ? undefined : this.#draft(named);
  }

  #name(kind: 'parse' | 'bind', name: string, named: Named): void {
    const names = this.#names[kind];
    this.#pending.push({ kind, name, named, previous: names.get(name) });
    names.set(name, named);
  }

  /** What the server skipped never took its name. */
  #undoNames(dropped: readonly Pending[]): void {
    for (const pending of dropped.toReversed()) {
      if (pending.kind !== 'parse' && pending.kind !== 'bind') continue;
      const names = this.#names[pending.kind];
      if (names.get(pending.name) !== pending.named) continue;
      if (pending.previous === undefined) names.delete(pending.name);
      else names.set(pending.name, pending.previous);
    }
  }

  /** The Syncs sent before the copy's end are read by the copy, and get no answer. */
  #copyStarts(): void {
    const end = this.#pending.findIndex((pending) => pending.kind === 'copy-end');
    const until = end === -1 ? this.#pending.length : end + 1;
    const kept = this.#pending.slice(0, until).filter((pending) => pending.kind !== 'sync' && pending.kind !== 'copy-end');
    this.#pending.splice(0, until, ...kept);
    this.#copying = end === -1;
  }

  /** A CopyDone outside a copy is ignored by the server, without an answer. */
  #dropCopyEnds(): void {
    while (this.#pending[0]?.kind === 'copy-end') this.#pending.shift();
  }

  #draft(statement: JudgedStatement): Draft {
    return { sequence: this.#options.nextSequence(), statement };
  }

  #emit(draft: Draft, fate: Fate): void {
    const { text, decision, writes } = draft.statement;
    this.#options.emit({
      sequence: draft.sequence,
      text,
      decision,
      writes,
      ...(draft.rowCount === undefined ? {} : { rowCount: draft.rowCount }),
      ...(draft.sqlstate === undefined ? {} : { sqlstate: draft.sqlstate }),
      fate,
      ...(fate === 'none' || fate === 'open' ? {} : { settledAt: this.#options.lastSequence() }),
    });
  }
}

/** A statement or portal that was made by SQL (PREPARE, DECLARE), where its text was judged, and is used by its name. */
function madeInSql(verb: 'EXECUTE' | 'FETCH', name: string): JudgedStatement {
  return {
    text: `${verb} ${name}`,
    decision: { effect: 'permit', rule: 'named-in-sql', reason: 'its text was judged where it was prepared or declared' },
    writes: [],
  };
}
