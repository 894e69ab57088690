// One client's session: everything the client sends is framed, its statements are judged, and what the server answers goes
// back as it came. Bytes that need no judgement (rows, COPY data, large parameters) stream through.
import type { Socket } from 'node:net';
import type { DatabaseAddress } from '../model/environment.ts';
import { cancelUpstream, type Upstream } from './database-login.ts';
import { Outbox } from './outbox.ts';
import { dataRow, statementLimit, wantedOfClient, wantedOfServer } from './session-framing.ts';
import { strangeParserSetting } from './session-note.ts';
import { StatementGate, type GateContext } from './statement-gate.ts';
import { errorResponse, fromClient, fromServer, MessageReader, readErrorFields, type Piece } from './wire-message.ts';

/** What a session needs of its door. */
export interface SessionContext extends GateContext {
  readonly address: DatabaseAddress;
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
  readonly #gate: StatementGate;
  readonly #clientReader = new MessageReader(wantedOfClient);
  readonly #serverReader = new MessageReader((type, length) => {
    if (type === dataRow) this.#rows += 1;
    return wantedOfServer(type, length);
  });
  readonly #toServer = new Outbox();
  readonly #toClient = new Outbox();
  /** Resolves when both sockets are closed and every record is made. */
  readonly ended: Promise<void>;
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
    this.#gate = new StatementGate(context, this.#toServer, (complaint) => this.#fail('08P01', complaint));
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
      if (piece.kind === 'pass' || !this.#gate.discardsRest) this.#toServer.add(piece.bytes);
      return undefined;
    }
    const { type, bytes, whole } = piece;
    const { ledger } = this.#context;
    switch (type) {
      case fromClient.query:
        return this.#gate.query(bytes, whole);
      case fromClient.parse:
        return this.#gate.parse(bytes, whole);
      case fromClient.functionCall:
        return this.#gate.functionCall();
      case fromClient.bind:
        return this.#gate.bind(bytes);
      case fromClient.execute:
      case fromClient.close:
        return this.#gate.named(type, bytes);
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
    return this.#gate.pass(bytes);
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
    const strange = type === fromServer.parameterStatus ? strangeParserSetting(message) : undefined;
    if (strange !== undefined) this.#fail('42501', strange);
    if (type === fromServer.errorResponse) {
      const swapped = this.#gate.poisons.swap(message);
      if (['FATAL', 'PANIC'].includes(readErrorFields(message)['V'] ?? '')) this.#toldFatal = true;
      ledger.received(type, message, rows, swapped !== undefined);
      return swapped ?? message;
    }
    ledger.received(type, message, rows);
    if (type === fromServer.readyForQuery && !ledger.busy) this.#gate.poisons.settled();
    return message;
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
