/** Carries out the steps of an attack by hand on the wire, in as many sessions as it wants, and says what came back. */
import type { AttackStep } from './attack-corpus.ts';
import { compareSettings, secret, settingsQuery } from './attack-observer.ts';
import { run } from './attack-server.ts';
import { bind, errorsOf, execute, int32, parse, query, statement, sync, WireClient, type Answer } from './wire-client.ts';
import { frameMessage } from '../../src/guard/wire-message.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';

/** Longest that one step may take. */
const patienceMs = 20_000;

export interface Replay {
  /** SQLSTATEs in the order in which they came; `gone` where the session was ended. */
  readonly errors: readonly string[];
  /** What the attacker's sessions are afterwards that they were not before, and whether they saw the secret. */
  readonly effects: readonly string[];
  /** Ends the attacker's sessions. */
  readonly end: () => Promise<void>;
}

export interface ReplayTarget {
  /** Where the attacker's sessions are opened; `options` are those of the startup packet. */
  readonly address: DatabaseAddress;
  /** The account that is used round the guard. */
  readonly outside: DatabaseAddress;
  /** Is this text to be kept back (a layer that judges texts alone)? */
  readonly keptBack?: (text: string) => Promise<boolean>;
}

interface Session {
  readonly wire: WireClient;
  readonly settings: readonly string[] | undefined;
}

export async function replay(steps: readonly AttackStep[], target: ReplayTarget): Promise<Replay> {
  const sessions = new Map<string, Session>();
  const errors: string[] = [];
  const effects = new Set<string>();
  const open = async (name: string, options: string | undefined): Promise<Session | undefined> => {
    const known = sessions.get(name);
    if (known !== undefined) return known;
    try {
      const wire = await WireClient.open(target.address, settingsIn(options));
      const session = { wire, settings: await settingsOf(wire) };
      sessions.set(name, session);
      return session;
    } catch (error) {
      errors.push((error as { code?: string }).code ?? 'gone');
      return undefined;
    }
  };
  for (const step of steps) {
    if (step.outside !== undefined) {
      await run(target.outside, step.outside).catch((error: unknown) => errors.push((error as { code?: string }).code ?? 'gone'));
      continue;
    }
    const session = await open(step.session ?? 'a', step.options);
    if (session === undefined) continue;
    const messages = await messagesOf(step, session.wire, target.keptBack);
    if (messages.length === 0) continue;
    for (const { bytes, answers } of messages) {
      session.wire.send(...bytes);
      const heard = await patiently(session.wire.until('Z', answers));
      if (heard === undefined) errors.push('timeout');
      else {
        errors.push(...errorsOf(heard).map((fields) => fields['C'] ?? 'XX000'));
        if (heard.some(({ type, bytes: said }) => (type === 'D' || type === 'd') && showsSecret(said))) effects.add('disclosure');
      }
      if (session.wire.closed) errors.push('gone');
    }
  }
  for (const { wire, settings } of sessions.values()) {
    const after = wire.closed ? undefined : await patiently(settingsOf(wire));
    if (settings !== undefined && after !== undefined) for (const effect of compareSettings(settings, after)) effects.add(effect);
  }
  const end = async (): Promise<void> => {
    await Promise.all([...sessions.values()].map(({ wire }) => patiently(wire.end())));
  };
  return { errors, effects: [...effects], end };
}

/** `-c name=value -c …`. */
function settingsIn(options: string | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(options ?? '').matchAll(/-c (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
}

interface Message {
  readonly bytes: readonly Buffer[];
  /** How many ReadyForQuery come. */
  readonly answers: number;
}

async function messagesOf(step: AttackStep, wire: WireClient, keptBack: ReplayTarget['keptBack']): Promise<readonly Message[]> {
  const kept = async (text: string): Promise<boolean> => (await keptBack?.(text)) === true;
  const messages: Message[] = [];
  if (step.sql !== undefined && !(await kept(step.sql))) {
    const copied = step.data === undefined ? [] : [frameMessage(0x64, Buffer.from(step.data)), frameMessage(0x63, Buffer.alloc(0))];
    messages.push({ bytes: [query(step.sql), ...copied], answers: 1 });
  }
  if (step.pipeline !== undefined) {
    const sent: Buffer[] = [];
    for (const text of step.pipeline) {
      // After a refusal the server ignores the rest of a pipeline.
      if (await kept(text)) break;
      sent.push(statement(text, step.values));
    }
    messages.push({ bytes: [...sent, sync], answers: 1 });
  }
  if (step.parse !== undefined && !(await kept(step.parse[1]))) messages.push({ bytes: [parse(...step.parse), sync], answers: 1 });
  if (step.bind !== undefined) messages.push({ bytes: [bind('', step.bind, step.values), execute(''), sync], answers: 1 });
  if (step.fastpath !== undefined && keptBack === undefined) {
    const [name, argument] = step.fastpath;
    messages.push({ bytes: [await fastpathOf(wire, name, argument)], answers: 1 });
  }
  return messages;
}

async function fastpathOf(wire: WireClient, name: string, argument: string): Promise<Buffer> {
  wire.send(query(`SELECT oid FROM pg_catalog.pg_proc WHERE proname = '${name}' LIMIT 1`));
  const oid = Number(valuesOf(await wire.until('Z'))[0] ?? 0);
  const header = [int32(oid), Buffer.from([0, 0, 0, 1]), int32(Buffer.byteLength(argument)), Buffer.from(argument), Buffer.from([0, 0])];
  return frameMessage(0x46, Buffer.concat(header));
}

async function settingsOf(wire: WireClient): Promise<readonly string[] | undefined> {
  wire.send(query(settingsQuery));
  const values = valuesOf(await wire.until('Z'));
  return values.length === 0 ? undefined : values;
}

/** The values of the first row that came. */
function valuesOf(answers: readonly Answer[]): readonly string[] {
  const row = answers.find(({ type }) => type === 'D')?.bytes;
  if (row === undefined) return [];
  const values: string[] = [];
  for (let offset = 7; values.length < row.readInt16BE(5); ) {
    const length = row.readInt32BE(offset);
    values.push(row.toString('utf8', offset + 4, offset + 4 + Math.max(0, length)));
    offset += 4 + Math.max(0, length);
  }
  return values;
}

/** As it is, or as bytea shows it. */
function showsSecret(said: Buffer): boolean {
  return said.includes(secret) || said.includes(Buffer.from(secret).toString('hex'));
}

async function patiently<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
