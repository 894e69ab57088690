/** Plays one attack against each layer alone, and against all of them together: what took place, and what answered it. */
import { AssertionSessions } from '../../src/guard/assertion-session.ts';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { compareMarks, Tripwire } from '../../src/guard/tripwire.ts';
import type { StatementRecord, TripwireFinding } from '../../src/model/contract.ts';
import type { Access } from '../../src/model/step.ts';
import { decideSql, type SqlJudgement, type SqlPolicy } from '../../src/policy/decide-sql.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import { parametersOf, textsOf, type Attack } from './attack-corpus.ts';
import type { Replay } from './attack-replay.ts';
import { openScene, play, protectedTables, sparing, type Scene } from './attack-scene.ts';
import type { AttackServer } from './attack-server.ts';
import { addressOf, reading } from './fixture.ts';

/** What one layer made of an attack. */
export interface LayerOutcome {
  /** What changed all the same, in the observer's words; empty when nothing did. */
  readonly effects: readonly string[];
  /** The guard's rule, where it was the guard that refused. */
  readonly rule?: string;
  /** The first one that the attacker was told. */
  readonly sqlstate?: string;
  /** What the tripwires made of it: kinds of unexplained findings. */
  readonly findings?: readonly string[];
}

export type LayerName = 'session' | 'role' | 'static read' | 'static write' | 'closure read' | 'closure write' | 'gateway read' | 'gateway write' | 'nothing';

export interface AttackOutcome {
  readonly attack: Attack;
  /** A layer to which an attack does not apply has no outcome. */
  readonly layers: Readonly<Partial<Record<LayerName, LayerOutcome>>>;
}

/** Scenes without a set-up, by the attacker's account: kept from attack to attack as long as nothing has changed in them. */
export type StandingScenes = Map<string, Scene>;

/** A layer that refuses nothing changes nothing of what happens: it need not be played. */
export const untouched: readonly string[] = ['passes'];

type Layer = (scene: Scene, attack: Attack, parser: SqlParser) => Promise<LayerOutcome | undefined>;

/** All but the last, which is no layer at all. */
const layers: Readonly<Record<Exclude<LayerName, 'nothing'>, Layer>> = {
  session: trySession,
  role: tryRole,
  'static read': (_scene, attack, parser) => tryJudge(_scene, attack, parser, { access: reading, protectedTables }),
  'static write': (_scene, attack, parser) => tryJudge(_scene, attack, parser, { access: sparing, protectedTables }),
  'closure read': async (scene, attack, parser) => tryJudge(scene, attack, parser, { access: reading, protectedTables, catalogue: await scene.catalogue() }),
  'closure write': async (scene, attack, parser) => tryJudge(scene, attack, parser, { access: sparing, protectedTables, catalogue: await scene.catalogue() }),
  'gateway read': (scene, attack) => tryGateway(scene, attack, 'gateway read', reading),
  'gateway write': (scene, attack) => tryGateway(scene, attack, 'gateway write', sparing),
};

/** A fresh database where the last layer left a trace. */
export async function playAttack(server: AttackServer, parser: SqlParser, attack: Attack, standing: StandingScenes): Promise<AttackOutcome> {
  const outcomes: Partial<Record<LayerName, LayerOutcome>> = {};
  const own = attack.setup ?? attack.superuser ?? attack.alone ?? attack.run.find(({ outside }) => outside !== undefined);
  const shelf: StandingScenes = own !== undefined || /victim/.test(JSON.stringify(attack)) ? new Map() : standing;
  const account = attack.as ?? 'owner';
  const scene = async (): Promise<Scene> => {
    const known = shelf.get(account) ?? (await openScene(server, parser, attack));
    shelf.set(account, known);
    return known;
  };
  const leave = async (): Promise<void> => {
    const left = shelf.get(account);
    shelf.delete(account);
    await left?.close();
  };
  try {
    for (const [name, layer] of Object.entries(layers) as [Exclude<LayerName, 'nothing'>, Layer][]) {
      const place = await scene();
      let outcome = await layer(place, place.here(attack), parser);
      if (outcome !== undefined && outcome.effects.length > 0 && outcome.effects !== untouched) {
        await leave();
        // The tripwires of a standing scene have seen the sessions of other attacks too.
        if (shelf === standing && name.startsWith('gateway')) {
          const fresh = await scene();
          outcome = await layer(fresh, fresh.here(attack), parser);
          await leave();
        }
      }
      if (outcome !== undefined) outcomes[name] = outcome;
    }
    if (shelf === standing) {
      const fresh = await openScene(server, parser, attack);
      try {
        outcomes.nothing = await tryNothing(fresh, fresh.here(attack));
      } finally {
        await fresh.close();
      }
    } else {
      const place = await scene();
      outcomes.nothing = await tryNothing(place, place.here(attack));
    }
  } catch (error) {
    await leave();
    throw error;
  } finally {
    if (shelf !== standing) await leave();
  }
  return { attack, layers: outcomes };
}

/** The runner's own sessions ask each text, whatever anybody thinks of it. */
async function trySession({ database, observer }: Scene, attack: Attack): Promise<LayerOutcome | undefined> {
  // Nobody but the runner opens such a session or names functions by their numbers in it.
  if (attack.run.some((step) => step.options !== undefined || step.fastpath !== undefined || step.outside !== undefined)) return undefined;
  const sessions = new AssertionSessions({
    login: new DatabaseLogin(),
    reader: database.reader,
    owner: database.owner,
    searchPath: 'public',
    decide: () => Promise.resolve({ decision: { effect: 'permit', rule: 'any', reason: 'any' }, statements: [] }),
    suspect: () => undefined,
  });
  const states: string[] = [];
  const effects = new Set<string>();
  for (const step of attack.run) {
    for (const sql of textsOf(step)) {
      const answer = await sessions.askUnjudged({ sql, parameters: parametersOf(attack, step), mode: 'read', timeoutMs: 5000 });
      if (answer.kind === 'failure') states.push(answer.sqlstate);
      else if (answer.kind === 'lost') states.push('gone');
      // Its locks end with the session, which ends with the answer.
      for (const effect of await observer.compare(attack.alone === true)) if (!effect.startsWith('lock ')) effects.add(effect);
    }
  }
  await sessions.close();
  return { effects: [...effects].sort(), ...(states[0] === undefined ? {} : { sqlstate: states[0] }) };
}

async function tryRole(scene: Scene, attack: Attack): Promise<LayerOutcome> {
  const { replayed, effects } = await play(scene, attack, scene.database.reader);
  return { effects, ...sqlstateOf(replayed) };
}

/** A judgement alone, which stops what it refuses from being sent. */
async function tryJudge(scene: Scene, attack: Attack, parser: SqlParser, policy: SqlPolicy): Promise<LayerOutcome> {
  const judge = (text: string): Promise<SqlJudgement> => decideSql(parser, text, policy);
  const judged = await Promise.all(attack.run.flatMap(textsOf).map(judge));
  const refusals = judged.filter(({ decision }) => decision.effect === 'refuse');
  const refused = refusals[0]?.decision;
  if (refused === undefined) return { effects: untouched };
  const answer = { rule: refused.rule, ...(refused.sqlstate === undefined ? {} : { sqlstate: refused.sqlstate }) };
  const rest = attack.run.some(({ fastpath, outside }) => fastpath !== undefined || outside !== undefined);
  if (refusals.length === judged.length && !rest) return { effects: [], ...answer };
  const { effects } = await play(scene, attack, scene.account, async (text) => (await judge(text)).decision.effect === 'refuse');
  return { effects, ...answer };
}

/** The tripwires are asked where there is something to see. */
async function tryGateway(scene: Scene, attack: Attack, name: string, access: Access): Promise<LayerOutcome> {
  const { guard, watch } = await scene.guard();
  const door = await guard.open(name, access);
  const { replayed, effects } = await play(scene, attack, addressOf(door.url));
  const records = await door.close();
  const findings = effects.length > 0 ? kindsOf(await watch.compare()) : [];
  return { effects, ...ruleOf(records), ...sqlstateOf(replayed), findings };
}

/** No guard at all, but the look before and after. Every session of the attacker's is a strange one: that says nothing about the attack. */
async function tryNothing(scene: Scene, attack: Attack): Promise<LayerOutcome> {
  const { compare, close } = await lookAround(scene, attack.as === 'superuser');
  const { replayed, effects } = await play(scene, attack, scene.account);
  const findings = kindsOf(await compare()).filter((kind) => kind !== 'sessions');
  await close();
  return { effects, ...sqlstateOf(replayed), findings };
}

/** The tripwires of the scene's guard, or some of their own. */
async function lookAround(
  scene: Scene,
  superuserSteps: boolean,
): Promise<{ readonly compare: () => Promise<readonly TripwireFinding[]>; readonly close: () => Promise<void> }> {
  if (scene.isGuarded()) return { ...(await scene.guard()).watch, close: () => Promise.resolve() };
  const { superuser } = scene.database;
  const tripwire = await Tripwire.open({ login: new DatabaseLogin(), address: superuser, superuser, protectedTables, ownServer: true, superuserSteps });
  const before = await tripwire.mark();
  await scene.observer.compare(true);
  return { compare: async () => compareMarks(before, await tripwire.mark(), reading), close: () => tripwire.close() };
}

function sqlstateOf({ errors }: Replay): { readonly sqlstate?: string } {
  return errors[0] === undefined ? {} : { sqlstate: errors[0] };
}

function ruleOf(records: readonly StatementRecord[]): { readonly rule?: string } {
  const refused = records.find(({ decision }) => decision.effect === 'refuse');
  return refused === undefined ? {} : { rule: refused.decision.rule };
}

function kindsOf(findings: readonly TripwireFinding[]): readonly string[] {
  return [...new Set(findings.filter(({ explained }) => !explained).map(({ kind }) => kind))].sort();
}
