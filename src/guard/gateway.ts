// The loopback listener between the steps and the database. Each step has an identity of its own, good until its door
// closes; the real account is known only here. Knows no kind of step and no policy: `decide` is given.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { StatementRecord, StatementTally, StepDoor } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Decision } from '../model/policy.ts';
import type { Access } from '../model/step.ts';
import { capabilityRules } from '../policy/capability-rule.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { CancelDesk } from './cancel-desk.ts';
import { admitClient, authenticationOk, type AdmittedClient } from './client-admission.ts';
import { turnAway } from './client-startup.ts';
import { isServerAnswer, meansServerGone, parserSettings, readOnlySettings, type DatabaseLogin, type Upstream } from './database-login.ts';
import { GatewayDoor } from './gateway-door.ts';
import { GatewayListener } from './gateway-listener.ts';
import { GatewaySession } from './gateway-session.ts';
import { deriveScramSecret, unfittingScramSecret } from './scram.ts';
import { strangeSetting } from './session-note.ts';
import { decideStartup } from './startup-parameter.ts';
import { Turnstile } from './turnstile.ts';
import { errorResponse, frameMessage, parameterStatus, readyForQuery } from './wire-message.ts';

export interface GatewayOptions {
  readonly login: DatabaseLogin;
  /** The account that sessions really run under. */
  readonly database: DatabaseAddress;
  /** Where it also listens on a Unix socket; absolute. */
  readonly socketFolder?: string;
  readonly decide: (text: string, access: Access) => SqlJudgement | Promise<SqlJudgement>;
  /** Moves when what `decide` permitted before may not be permitted any more. */
  readonly epoch?: () => number;
  /** Names types by their numbers, as the text of a statement; undefined where one of them is not known. */
  readonly namingText?: (types: readonly number[]) => Promise<string | undefined>;
  /** Told of each record once its fate is known; of a refusal at once. Not of the canaries'. */
  readonly onStatement?: (record: StatementRecord) => void;
  /** Called when the server seems gone. */
  readonly suspect: (reason: string) => void;
  /** Called when the listener itself is. */
  readonly fail: (reason: string) => void;
}

/** A connection that came with a token that is not good. `step` is the door it named, where there is or was one. */
export interface Stranger {
  readonly user: string;
  readonly step: string | undefined;
}

const backendKeyData = 0x4b;
/** Of a thousand clients that come at once, the last would wait for its login beyond the time after which a server counts as gone. */
const loginsAtOnce = 32;
const stepEnded = 'the step that this connection belongs to has ended';

export class Gateway {
  readonly #options: GatewayOptions;
  #listener: GatewayListener | undefined;
  readonly #doors = new Map<string, GatewayDoor>();
  readonly #sockets = new Set<Socket>();
  readonly #cancelDesk: CancelDesk;
  readonly #turnstile = new Turnstile(loginsAtOnce);
  readonly #strangers: Stranger[] = [];
  #sequence = 0;
  #seen = 0;
  #refused = 0;
  #sessions = 0;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.#cancelDesk = new CancelDesk(options.database);
  }

  /** Listens on 127.0.0.1, on a port that the system picks, and where wanted on a Unix socket. Rejects when that is not possible. */
  static async listen(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    const { socketFolder, fail } = options;
    gateway.#listener = await GatewayListener.open({
      receive: (socket) => void gateway.#receive(socket),
      fail,
      ...(socketFolder === undefined ? {} : { socketFolder }),
    });
    return gateway;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Everyone who came with a token that is not good, in order. */
  get strangers(): readonly Stranger[] {
    return this.#strangers;
  }

  get tally(): StatementTally {
    return { permitted: this.#seen - this.#refused, refused: this.#refused };
  }

  /** A door for one step; one that is still open under the same name ends. `canary`: what comes through is told to nobody else. */
  async open(step: string, access: Access, canary = false): Promise<StepDoor> {
    const user = `step-${step}`;
    await this.#doors.get(user)?.close();
    const token = randomBytes(24).toString('base64url');
    const door = new GatewayDoor({
      step,
      access,
      secret: await deriveScramSecret(token),
      decide: (text) => this.#options.decide(text, access),
      canary,
      nextSequence: () => {
        if (!canary) this.#seen += 1;
        return (this.#sequence += 1);
      },
      lastSequence: () => this.#sequence,
      onStatement: (record) => (canary ? undefined : this.#tell(record)),
    });
    this.#doors.set(user, door);
    const database = encodeURIComponent(this.#options.database.database);
    const login = `postgresql://${encodeURIComponent(user)}:${token}`;
    const url = `${login}@127.0.0.1:${this.port}/${database}?sslmode=disable`;
    const { socketFolder } = this.#options;
    if (socketFolder === undefined) return { url, close: () => door.close() };
    const socketUrl = `${login}@/${database}?host=${encodeURIComponent(socketFolder)}&port=${this.port}`;
    return { url, socketFolder, socketUrl, close: () => door.close() };
  }

  async close(): Promise<void> {
    const closed = this.#listener?.close();
    await Promise.all([...this.#doors.values()].map((door) => door.close()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** A statement that cannot be recorded is a guard that does not hold; the session must not fall over it, though. */
  #tell(record: StatementRecord): void {
    if (record.decision.effect === 'refuse') this.#refused += 1;
    try {
      this.#options.onStatement?.(record);
    } catch (error) {
      this.#options.fail(`a statement of step ${record.step} could not be recorded: ${messageOf(error)}`);
    }
  }

  async #receive(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // A client that resets its connection is the client's business; its 'close' follows.
    socket.on('error', () => undefined);
    const admitted = await admitClient(socket, {
      secretOf: (user) => this.#openDoor(user)?.secret ?? unfittingScramSecret(),
      rejected: (user) => this.#rejected(user),
      cancel: (processId, secretKey) => this.#cancelDesk.cancel(processId, secretKey),
    });
    const door = admitted && this.#openDoor(admitted.user);
    if (admitted !== undefined && door === undefined) turnAway(socket, '57P01', stepEnded);
    if (admitted === undefined || door === undefined) return;
    await door.admitting(this.#connect(socket, admitted, door));
  }

  /** Logs in behind an admitted client and joins the two. */
  async #connect(socket: Socket, admitted: AdmittedClient, door: GatewayDoor): Promise<void> {
    const { database, login } = this.#options;
    const asked = admitted.parameters.get('database') ?? admitted.user;
    if (asked !== database.database) return this.#refuseConnection(socket, door, `connect to the database ${asked}`, otherDatabaseRefusal(asked));
    const startup = await decideStartup(admitted.parameters, door.decide);
    if (startup.kind === 'refuse') return this.#refuseConnection(socket, door, startup.asked, startup.decision);
    const settings = { ...(door.mayWrite ? parserSettings : readOnlySettings), ...startup.settings };
    const applicationName = startup.applicationName ?? `proofplan step ${door.step}`;
    let upstream: Upstream | undefined;
    try {
      upstream = await this.#turnstile.pass(async () => (door.open ? login.openUpstream(database, settings, applicationName) : undefined));
    } catch (error) {
      if (meansServerGone(error)) this.#options.suspect(messageOf(error));
      if (isServerAnswer(error)) turnAway(socket, error.code ?? '08006', error.message);
      else turnAway(socket, '08006', 'the database server cannot be reached');
      return;
    }
    if (upstream === undefined) return turnAway(socket, '57P01', stepEnded);
    const strange = [...upstream.parameters].map(([name, value]) => strangeSetting(name, value)).find((reason) => reason !== undefined);
    if (strange !== undefined) {
      upstream.stream.destroy();
      return turnAway(socket, '42501', strange);
    }
    this.#join(socket, admitted, door, upstream);
  }

  #join(socket: Socket, admitted: AdmittedClient, door: GatewayDoor, upstream: Upstream): void {
    const number = (this.#sessions += 1);
    // What may do everything may do it under any schema.
    const epoch = door.access.capability === 'full' ? undefined : this.#options.epoch;
    const session = new GatewaySession(socket, upstream, {
      address: this.#options.database,
      decide: door.decide,
      ...(epoch === undefined ? {} : { epoch }),
      ...(this.#options.namingText === undefined || capabilityRules[door.access.capability].calls ? {} : { namingText: this.#options.namingText }),
      ledger: door.ledger(number),
      refused: (text, decision) => door.refused(number, text, decision),
      lost: this.#options.suspect,
    });
    const { keyData, forget } = this.#cancelDesk.register(upstream, admitted.keyLength);
    void session.ended.then(forget);
    const statuses = [...upstream.parameters].map(([name, value]) => parameterStatus(name, value));
    door.joined(session);
    if (socket.writable) socket.write(Buffer.concat([authenticationOk, ...statuses, frameMessage(backendKeyData, keyData), readyForQuery('I')]));
    session.begin(admitted.unread);
  }

  #refuseConnection(socket: Socket, door: GatewayDoor, text: string, decision: Decision): void {
    door.refused((this.#sessions += 1), text, decision);
    socket.end(errorResponse({ S: 'FATAL', V: 'FATAL', C: decision.sqlstate ?? '42501', M: `refused by proofplan: ${decision.reason}` }));
  }

  #openDoor(user: string): GatewayDoor | undefined {
    const door = this.#doors.get(user);
    return door?.open ? door : undefined;
  }

  #rejected(user: string): void {
    const door = this.#doors.get(user);
    if (door?.canary) return;
    this.#strangers.push({ user, step: door?.step });
    door?.refused((this.#sessions += 1), `connect as ${user}`, badTokenRefusal(user));
  }
}

function otherDatabaseRefusal(asked: string): Decision {
  return { effect: 'refuse', rule: 'other-database', reason: `\`${asked}\` is not the database of this step`, matched: asked, sqlstate: '3D000' };
}

function badTokenRefusal(user: string): Decision {
  return { effect: 'refuse', rule: 'bad-token', reason: `the token that came with \`${user}\` is not good, or not any more`, matched: user, sqlstate: '28P01' };
}
