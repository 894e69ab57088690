// One client's session: everything the client sends is framed, its statements are judged, and what the server answers goes
// back as it came. Bytes that need no judgement (rows, COPY data, large parameters) stream through.
import type { Socket } from 'node:net';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Decision } from '../model/policy.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { cancelUpstream, type Upstream } from './database-login.ts';
import { Outbox } from './outbox.ts';
import { PoisonCupboard } from './poison.ts';
import { dataRow, statementLimit, wantedOfClient, wantedOfServer } from './session-framing.ts';
import { fastpath, judgeBytes, type Judged } from './statement-judge.ts';
import type { StatementLedger } from './statement-ledger.ts';
import { errorResponse, fromClient, fromServer, MessageReader, readCString, readErrorFields, type Piece } from './wire-message.ts';

/** What a session needs of its door. */
export interface SessionContext {
  readonly address: DatabaseAddress;
  readonly decide: (text: string) => SqlJudgement | Promise<SqlJudgement>;
  readonly ledger: StatementLedger;
  /** A statement that was not let through; `text` as far as it was read. */
  readonly refused: (text: string, decision: Decision) => void;
  /** The server ended the session, and nobody here had asked for it. */
  readonly lost: (message: string) => void;
}

/** How much may lie unread while a decision is awaited. */
const heldLimit = 4 * statementLimit;
/** How much of the server's answer is read for a client that has gone, before its session is cut off. */
const discardLimit = 1024 * 1024;
/** How long a server may take to end a session before its socket is cut. */
const endTimeoutMs = 3000;

export class GatewaySession {
  readonly #client: Socket;
  readonly #upstream: Upstream;
  readonly #context: SessionContext;
  readonly #poisons = new PoisonCupboard();
  readonly #clientReader = new MessageReader(wantedOfClient);
  readonly #serverReader = new MessageReader((type, length) => {
    if (type === dataRow) this.#rows += 1;
    return wantedOfServer(type, length);
  });
  readonly #toServer = new Outbox();
  readonly #toClient = new Outbox();
  /** Resolves when both sockets are closed and every record is made. */
  readonly ended: Promise<void>;
  #discardRest = false;
  #awaiting = false;
  #ending = false;
  #toldFatal = false;
  /** The client has said that it sends no more. */
  #finished = false;
  /** Rows since the last answer that ends a statement. */
  #rows = 0;
  #discarded = 0;

  constructor(client: Socket, upstream: Upstream, context: SessionContext) {
    this.#client = client;
    this.#upstream = upstream;
    this.#context = context;
    const { stream } = upstream;
    client.on('data', (chunk: Buffer) => {
      this.#clientReader.push(chunk);
      this.#pump();
    });
    stream.on('data', (chunk: Buffer) => this.#answer(chunk));
    stream.on('drain', () => this.#throttle());
    client.on('drain', () => stream.resume());
    this.ended = Promise.all([closed(client), closed(stream)]).then(() => context.ledger.ended());
    client.once('end', () => {
      this.#finished = true;
      this.#pump();
    });
    client.once('close', () => this.#clientGone());
    stream.once('close', () => this.#serverGone());
    stream.on('error', () => undefined);
    if (client.destroyed) this.#clientGone();
    else if (client.readableEnded) this.#finished = true;
  }

  /** What the client sent together with the end of its login. */
  begin(unread: Buffer): void {
    if (unread.length > 0) this.#clientReader.push(unread);
    this.#pump();
    this.#client.resume();
  }

  /** Ends both halves; resolves when the server has let go of the session, so that its counters are final. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#tellFatal('57P01', 'the step that this connection belongs to has ended');
    this.#client.end();
    // A client that did not read must not keep the server from ending: what still comes is for the record alone.
    this.#upstream.stream.resume();
    if (this.#context.ledger.busy && !this.#upstream.stream.closed) await cancelUpstream(this.#context.address, this.#upstream);
    if (this.#upstream.stream.writable) this.#upstream.stream.end(terminate);
    const timer = setTimeout(() => {
      this.#upstream.stream.destroy();
      this.#client.destroy();
    }, endTimeoutMs);
    this.#upstream.stream.once('close', () => this.#client.destroy());
    if (this.#upstream.stream.destroyed) this.#client.destroy();
    await this.ended;
    clearTimeout(timer);
  }

  /** Takes messages in order; a decision that is awaited holds back what comes after it. */
  #pump(): void {
    while (!this.#awaiting && !this.#ending) {
      const piece = this.#clientReader.next();
      if (piece === undefined) break;
      const judged = this.#take(piece);
      if (judged === undefined) continue;
      this.#awaiting = true;
      void judged.then(() => {
        this.#awaiting = false;
        this.#pump();
      });
    }
    if (!this.#awaiting && !this.#ending) this.#flushToServer();
    this.#throttle();
  }

  #flushToServer(): void {
    this.#toServer.flush(this.#upstream.stream);
    if (this.#finished && this.#upstream.stream.writable) this.#upstream.stream.end();
  }

  #take(piece: Piece): Promise<void> | undefined {
    if (piece.kind === 'malformed') return this.#fail('08P01', `the client sent ${piece.reason}`);
    if (piece.kind !== 'message') {
      if (piece.kind === 'pass' || !this.#discardRest) this.#toServer.add(piece.bytes);
      return undefined;
    }
    const { type, bytes, whole } = piece;
    this.#discardRest = false;
    const { ledger } = this.#context;
    switch (type) {
      case fromClient.query:
        return this.#query(bytes, whole);
      case fromClient.parse:
        return this.#parse(bytes, whole);
      case fromClient.functionCall:
        this.#discardRest = true;
        return this.#refuseQuery('(fastpath function call)', fastpath.decision);
      case fromClient.bind: {
        const portal = readCString(bytes, 5);
        const statement = portal && readCString(bytes, portal.end);
        if (portal === undefined || statement === undefined) return this.#fail('08P01', 'the client sent a Bind without names');
        ledger.sentBind(portal.bytes.toString('latin1'), statement.bytes.toString('latin1'));
        break;
      }
      case fromClient.execute: {
        const portal = readCString(bytes, 5);
        if (portal === undefined) return this.#fail('08P01', 'the client sent an Execute without a name');
        ledger.sentExecute(portal.bytes.toString('latin1'));
        break;
      }
      case fromClient.close: {
        const name = readCString(bytes, 6);
        if (name === undefined) return this.#fail('08P01', 'the client sent a Close without a name');
        ledger.sentClose(bytes[5] === 0x53 ? 'statement' : 'portal', name.bytes.toString('latin1'));
        break;
      }
      case fromClient.sync:
        ledger.sentSync();
        break;
      case fromClient.copyDone:
      case fromClient.copyFail:
        ledger.sentCopyEnd();
        break;
      case fromClient.terminate:
        this.#ending = true;
        this.#toServer.add(bytes);
        this.#toServer.flush(this.#upstream.stream);
        this.#upstream.stream.end();
        return undefined;
    }
    this.#toServer.add(bytes);
    return undefined;
  }

  #query(message: Buffer, whole: boolean): Promise<void> | undefined {
    return this.#judge(whole ? message.subarray(5) : undefined, message, (text, judgement) => {
      if (judgement.decision.effect === 'refuse') return this.#refuseQuery(text, judgement.decision);
      this.#context.ledger.sentQuery(judgement.statements);
      this.#toServer.add(message);
    });
  }

  #parse(message: Buffer, whole: boolean): Promise<void> | undefined {
    const name = readCString(message, 5);
    if (name === undefined) return this.#fail('08P01', 'the client sent a Parse without a name');
    const end = whole ? readCString(message, name.end)?.end : undefined;
    const { ledger } = this.#context;
    return this.#judge(end === undefined ? undefined : message.subarray(name.end, end), message, (text, { decision, statements }) => {
      const key = name.bytes.toString('latin1');
      if (decision.effect === 'refuse') {
        this.#context.refused(text, decision);
        ledger.sentParse(key, 'refused');
        this.#toServer.add(this.#poisons.parse(name.bytes, decision));
        return;
      }
      // A Parse holds one statement at most; the server itself refuses more.
      ledger.sentParse(key, { text, decision, writes: statements.flatMap((statement) => statement.writes) });
      this.#toServer.add(message);
    });
  }

  /** Without bytes the message was too long to be read whole, and its rest is not passed on either. */
  #judge(bytes: Buffer | undefined, message: Buffer, then: Judged): Promise<void> | undefined {
    this.#discardRest = bytes === undefined;
    return judgeBytes(bytes, message, this.#context.decide, then);
  }

  #refuseQuery(text: string, decision: Decision): undefined {
    this.#context.refused(text, decision);
    this.#context.ledger.sentQuery([]);
    this.#toServer.add(this.#poisons.query(decision));
  }

  #answer(chunk: Buffer): void {
    if (this.#client.destroyed && (this.#discarded += chunk.length) > discardLimit) return void this.#upstream.stream.destroy();
    this.#serverReader.push(chunk);
    for (let piece = this.#serverReader.next(); piece !== undefined; piece = this.#serverReader.next()) {
      if (piece.kind === 'malformed') return void this.#fail('08P01', `the server sent ${piece.reason}`);
      this.#toClient.add(piece.kind === 'message' ? this.#heard(piece.type, piece.bytes) : piece.bytes);
    }
    this.#toClient.flush(this.#client);
    if (this.#client.writable && this.#client.writableNeedDrain) this.#upstream.stream.pause();
  }

  /** Notes an answer for the record, and gives what the client is to read instead of a poison's error. */
  #heard(type: number, message: Buffer): Buffer {
    const { ledger } = this.#context;
    const rows = this.#rows;
    this.#rows = 0;
    if (type === fromServer.parameterStatus) this.#checkParserSetting(message);
    if (type === fromServer.errorResponse) {
      const swapped = this.#poisons.swap(message);
      if (['FATAL', 'PANIC'].includes(readErrorFields(message)['V'] ?? '')) this.#toldFatal = true;
      ledger.received(type, message, rows, swapped !== undefined);
      return swapped ?? message;
    }
    ledger.received(type, message, rows);
    if (type === fromServer.readyForQuery && !ledger.busy) this.#poisons.settled();
    return message;
  }

  /** The server says that it reads text otherwise than the parser does: nothing after this could be judged. */
  #checkParserSetting(message: Buffer): void {
    const name = readCString(message, 5);
    const value = name && readCString(message, name.end)?.bytes.toString('latin1');
    const setting = name?.bytes.toString('latin1');
    const strange =
      (setting === 'client_encoding' && value !== 'UTF8' && value !== 'SQL_ASCII') || (setting === 'standard_conforming_strings' && value !== 'on');
    if (strange) void this.#fail('42501', `\`${setting}\` was set to \`${value}\`, with which statements cannot be judged`);
  }

  /** Ends the session because it cannot go on safely. */
  #fail(sqlstate: string, message: string): undefined {
    this.#tellFatal(sqlstate, message);
    void this.end();
  }

  #tellFatal(sqlstate: string, message: string): void {
    if (this.#toldFatal) return;
    this.#toldFatal = true;
    if (!this.#client.writable) return;
    this.#toClient.add(errorResponse({ S: 'FATAL', V: 'FATAL', C: sqlstate, M: message }));
    this.#toClient.flush(this.#client);
  }

  #clientGone(): void {
    // As without a gateway: the server sees the end of the input, and finishes what it is at; what it still says is for the record.
    this.#ending = true;
    this.#upstream.stream.end();
    this.#upstream.stream.resume();
  }

  #serverGone(): void {
    const wanted = this.#ending || this.#finished;
    this.#ending = true;
    if (!wanted) this.#tellFatal('08006', 'the database server closed the connection');
    this.#client.end();
    if (!wanted) this.#context.lost('the database server closed a session of the step');
  }

  /** A side that sends faster than the other reads is held back. */
  #throttle(): void {
    const full = this.#upstream.stream.writableNeedDrain || (this.#awaiting && this.#clientReader.held > heldLimit);
    if (full) this.#client.pause();
    else this.#client.resume();
  }
}

const terminate = Buffer.from([fromClient.terminate, 0, 0, 0, 4]);

function closed(socket: { readonly closed: boolean; once: (event: 'close', listener: () => void) => unknown }): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
}
