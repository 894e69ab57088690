// Maps a session's answers to what was sent, for the record: which statement a CommandComplete counts, which one an
// ErrorResponse rejects, what became of its transaction. Nothing is enforced here; a mistake would cost a record its
// exactness, never the guard its hold.
import type { StatementRecord } from '../model/contract.ts';
import { abridgeText } from './kept-text.ts';
import { NameBook, type JudgedStatement, type Named, type Naming } from './name-book.ts';
import { mayCommitItself } from './savepoint-name.ts';
import { TransactionFate, type Fate } from './transaction-fate.ts';
import { fromServer, readCString, readErrorFields } from './wire-message.ts';

/** A record but for what the door knows (its step and session). */
type LedgerRecord = Omit<StatementRecord, 'step' | 'session'>;

/** One try at a statement. `sequence` was given when it arrived. */
interface Draft {
  readonly sequence: number;
  readonly statement: JudgedStatement;
  rowCount?: number;
  sqlstate?: string;
}

/** What the server still owes an answer to, in order. */
type Pending =
  | Naming
  | { readonly kind: 'query'; readonly drafts: Draft[] }
  | { readonly kind: 'execute'; readonly draft: Draft | undefined; readonly late?: LateStatement }
  | { readonly kind: 'sync' | 'copy-end' };

/** Of an Execute whose portal stood for a refused statement when it was sent: what it carries out shows when the server comes to it. */
interface LateStatement {
  readonly portal: Naming | undefined;
  readonly sequence: number;
}

/** After an error whose Sync has not been sent yet: the server passes over everything until it comes. */
interface PassingOver {
  readonly namings: Naming[];
  /** What was rejected before its Execute was sent: that Execute is the same try. */
  rejected: JudgedStatement | undefined;
}

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
  readonly #names = new NameBook();
  readonly #pending: Pending[] = [];
  #copying = false;
  #passingOver: PassingOver | undefined;

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
    const drafts = statements.map((statement) => this.#draft(abridge(statement)));
    if (this.#passingOver === undefined) this.#pending.push({ kind: 'query', drafts });
    else this.#neverTried(drafts);
  }

  sentParse(name: string, statement: Named): void {
    this.#sentNaming(this.#names.parse(name, statement === 'refused' ? statement : abridge(statement)));
  }

  sentBind(portal: string, statement: string): void {
    this.#sentNaming(this.#names.bind(portal, statement));
  }

  sentExecute(portal: string): void {
    const named = this.#names.portal(portal);
    if (this.#passingOver === undefined) {
      this.#pending.push(
        named === 'refused'
          ? { kind: 'execute', draft: undefined, late: { portal: this.#names.portalNaming(portal), sequence: this.#options.nextSequence() } }
          : { kind: 'execute', draft: this.#draft(named) },
      );
    } else if (named === this.#passingOver.rejected) {
      this.#passingOver.rejected = undefined;
    } else if (named !== 'refused') {
      this.#neverTried([this.#draft(named)]);
    }
  }

  sentClose(of: 'statement' | 'portal', name: string): void {
    this.#sentNaming(this.#names.close(of, name));
  }

  sentSync(): void {
    this.#listensAgain();
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
        if (head === undefined || !isNaming(head)) return;
        this.#names.taken(head);
        this.#pending.shift();
        return;
      case fromServer.commandComplete: {
        const tag = readCString(message, 5)?.bytes.toString('latin1') ?? '';
        const draft = head?.kind === 'query' ? head.drafts.shift() : head?.kind === 'execute' ? (head.draft ?? this.#lateDraft(head)) : undefined;
        if (head?.kind === 'execute') this.#pending.shift();
        if (draft !== undefined) this.#completed(draft, tag);
        return;
      }
      case fromServer.portalSuspended:
      case fromServer.emptyQueryResponse:
        if (head?.kind !== 'execute') return;
        this.#pending.shift();
        this.#suspended(head.draft ?? this.#lateDraft(head), type === fromServer.portalSuspended ? rows : undefined);
        return;
      case fromServer.errorResponse:
        this.#rejected(head, swapped ? undefined : (readErrorFields(message)['C'] ?? 'XX000'));
        return;
      case fromServer.copyInResponse:
        this.#copyStarts();
        return;
      case fromServer.readyForQuery:
        this.#listensAgain();
        if (head?.kind === 'query') this.#neverTried(head.drafts);
        if (head?.kind === 'query' || head?.kind === 'sync') this.#pending.shift();
        this.#fate.ready(String.fromCharCode(message[5] ?? 0));
        // What is not forgotten would grow with the session.
        if (message[5] === idle && !this.busy) this.#names.forgetPortals();
    }
  }

  /** The session is over: what is still open gets the fate that can be told. */
  ended(): void {
    const inFlight = this.busy;
    for (const draft of this.#pending.flatMap(draftsOf)) this.#emit(draft, 'open');
    this.#pending.length = 0;
    this.#fate.ended(inFlight);
  }

  #sentNaming(naming: Naming): void {
    if (this.#passingOver === undefined) this.#pending.push(naming);
    else this.#passingOver.namings.push(naming);
  }

  /** Of what stood for a refused statement when it was sent, and for another one when the server came to it. */
  #lateStatement(pending: Pending): JudgedStatement | undefined {
    const naming = isNaming(pending) ? pending : pending.kind === 'execute' ? pending.late?.portal : undefined;
    const named = naming && this.#names.settled(naming);
    return named === 'refused' ? undefined : named;
  }

  #lateDraft(pending: Pending): Draft | undefined {
    const statement = this.#lateStatement(pending);
    return pending.kind === 'execute' && pending.late && statement ? { sequence: pending.late.sequence, statement } : undefined;
  }

  #suspended(draft: Draft | undefined, rows: number | undefined): void {
    if (draft === undefined) return;
    if (rows !== undefined) draft.rowCount = rows;
    this.#fate.completed(draft, '', '');
  }

  #completed(draft: Draft, tag: string): void {
    const count = / (\d+)$/.exec(tag)?.[1];
    if (count !== undefined) draft.rowCount = Number(count);
    this.#fate.completed(draft, tag, draft.statement.text);
  }

  /** After an error the server answers nothing until Sync (extended protocol), or ends the whole message (simple). */
  #rejected(head: Pending | undefined, sqlstate: string | undefined): void {
    this.#copying = false;
    if (head?.kind === 'query') return this.#failed(head.drafts.shift(), sqlstate);
    const sync = this.#pending.findIndex((pending) => pending.kind === 'sync');
    const dropped = this.#pending.splice(0, sync === -1 ? this.#pending.length : sync);
    const namings = dropped.filter(isNaming);
    const tried = head && (head.kind === 'execute' && head.draft ? head.draft.statement : this.#lateStatement(head));
    const drafts = dropped.flatMap(draftsOf);
    const late = dropped.flatMap((pending) =>
      pending.kind === 'execute' && pending.late && (pending === head || pending.late.portal === head) ? [pending.late] : [],
    )[0];
    const draft =
      drafts.find(({ statement }) => statement === tried) ?? (tried && { sequence: late?.sequence ?? this.#options.nextSequence(), statement: tried });
    if (sync === -1) this.#passingOver = { namings, rejected: draft !== undefined && !drafts.includes(draft) ? tried : undefined };
    else this.#names.undo(namings);
    this.#failed(draft, sqlstate);
    this.#neverTried(drafts.filter((other) => other !== draft));
  }

  /** `sqlstate` is undefined for a refusal, which has a record of its own. */
  #failed(draft: Draft | undefined, sqlstate: string | undefined): void {
    if (draft !== undefined && sqlstate !== undefined) draft.sqlstate = sqlstate;
    this.#fate.failed(draft, draft !== undefined && mayCommitItself(draft.statement.text));
  }

  #neverTried(drafts: readonly Draft[]): void {
    for (const draft of drafts) this.#emit(draft, 'none');
  }

  /** The server listens again: what was sent meanwhile left no names. */
  #listensAgain(): void {
    if (this.#passingOver !== undefined) this.#names.undo(this.#passingOver.namings);
    this.#passingOver = undefined;
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

/** Whoever keeps the catalogue knows a change of the schema by its whole text. */
function abridge(statement: JudgedStatement): JudgedStatement {
  const text = statement.changesSchema === true ? statement.text : abridgeText(statement.text);
  return text === statement.text ? statement : { ...statement, text };
}

function isNaming(pending: Pending): pending is Naming {
  return pending.kind === 'parse' || pending.kind === 'bind' || pending.kind === 'close';
}

function draftsOf(pending: Pending): readonly Draft[] {
  if (pending.kind === 'query') return pending.drafts;
  return pending.kind === 'execute' && pending.draft !== undefined ? [pending.draft] : [];
}
