/** The guard's layers and whether each is in force on a machine with a database account: what `doctor` says beforehand. Pure. */
import type { IsolationLevel } from '../model/policy.ts';

/** What decides which layers there are. */
export interface GuardFacts {
  readonly isolation: IsolationLevel;
  /** Undefined without a database. */
  readonly database: DatabaseGuardFacts | undefined;
}

export interface DatabaseGuardFacts {
  /** Started by the runner for itself: nobody else has business there, and its superuser stays with the runner. */
  readonly ownServer: boolean;
  /** `server_version_num`. */
  readonly serverVersion: number;
  /** Of the account that the steps' sessions run under. */
  readonly user: string;
  readonly superuser: boolean;
  /** Does the server count what is done to each table (`track_counts`)? */
  readonly countsTables: boolean;
  /** May the account see whether another's session is in the middle of a transaction? Not asked: it may. */
  readonly seesSessions?: boolean;
  /** What stands between the guard and the server, and hands one server session to several clients. */
  readonly pooler: string | undefined;
}

export interface GuardLayer {
  readonly name: GuardLayerName;
  /** What it can do where it is in force. */
  readonly means: 'prevents' | 'detects' | 'attests' | 'attributes';
  readonly inForce: boolean;
  readonly fact: string;
  /** The one grant, setting or package that would put it in force. */
  readonly raise?: string;
}

const guardLayerNames = [
  'static judgement',
  'catalogue closure',
  'gateway',
  'read-only session',
  'own reader role',
  'login role per step',
  'session counter',
  'table counters',
  'ALWAYS triggers',
  'isolation',
] as const;
type GuardLayerName = (typeof guardLayerNames)[number];

/** From this version on the server's count of sessions is exact at once. */
const exactSessionsVersion = 150_000;

/** Every layer, in force or not, in the order in which a statement meets them. */
export function decideLayers({ database, isolation }: GuardFacts): readonly GuardLayer[] {
  return guardLayerNames.map((name) => ({ name, ...(name === 'isolation' ? isolationLayer(isolation) : layerOf(name, database)) }));
}

type Judged = Omit<GuardLayer, 'name'>;

function layerOf(name: Exclude<GuardLayerName, 'isolation'>, database: DatabaseGuardFacts | undefined): Judged {
  if (name === 'static judgement')
    return { means: 'attests', inForce: true, fact: 'every statement and command that stands in the text is judged before the first step' };
  if (database === undefined)
    return { means: meansOf[name], inForce: false, fact: 'no database is named', raise: 'name one: --database, or `database` of an environment' };
  const { ownServer, serverVersion, user, superuser, countsTables, seesSessions = true, pooler } = database;
  const means = meansOf[name];
  switch (name) {
    case 'catalogue closure':
      return { means, inForce: true, fact: 'views, rules, triggers, cascades and functions of this database are followed' };
    case 'gateway':
      return { means, inForce: true, fact: 'every statement of every client that uses the address it is given is judged on its way' };
    case 'read-only session':
      if (pooler !== undefined) return { means, inForce: false, fact: `${pooler} does not keep a session's settings`, raise: serverItself };
      if (superuser && !ownServer) return { means, inForce: false, fact: `${user} is a superuser, who can lift what the server enforces`, raise: ordinaryRole };
      return { means, inForce: true, fact: 'the server itself refuses a write in steps that read and in assertions' };
    case 'own reader role':
      return ownServer
        ? { means, inForce: true, fact: 'assertions run under a role that has SELECT alone' }
        : {
            means,
            inForce: false,
            fact: `assertions run as ${user}, in a hardened read-only session: no role is made on a server that is not the runner's`,
            raise: embedded,
          };
    case 'login role per step':
      return { means, inForce: false, fact: 'no role is made for a step: steps are told apart by their identity at the gateway' };
    case 'session counter':
      if (pooler !== undefined) return { means, inForce: false, fact: `the server counts sessions of ${pooler}, not of its clients`, raise: serverItself };
      if (serverVersion < exactSessionsVersion)
        return {
          means,
          inForce: false,
          fact: 'servers before PostgreSQL 15 count sessions too late: they are looked for instead, and a short one may be missed',
          raise: 'upgrade the server to PostgreSQL 15 or later',
        };
      return {
        means,
        inForce: true,
        fact: ownServer
          ? 'a connection round the gateway shows at once'
          : "a connection round the gateway shows at once, and cannot be told from another client's",
      };
    case 'table counters':
      if (!countsTables)
        return { means, inForce: false, fact: 'the server does not count: `track_counts` is off', raise: 'set `track_counts = on` at the server' };
      if (superuser && !ownServer) return { means, inForce: false, fact: `${user} is a superuser, who can set them back`, raise: ordinaryRole };
      return {
        means,
        inForce: true,
        fact: `inserts, updates and deletes of each table, rolled back ones too${seesSessions ? '' : '; while another account has a session, protected tables are read whole after any commit'}`,
        ...(seesSessions ? {} : { raise: `\`GRANT pg_read_all_stats TO ${user}\`` }),
      };
    case 'ALWAYS triggers':
      return ownServer
        ? { means, inForce: true, fact: 'on protected tables, put there and owned by the superuser of the runner: each committed write has its session noted' }
        : { means, inForce: false, fact: "nothing is added to a database that is not the runner's", raise: embedded };
  }
}

const embedded = 'use `database: embedded`: a server of each execution alone';
const ordinaryRole = "use an ordinary role that owns the application's tables (`CREATE ROLE app LOGIN; ALTER TABLE … OWNER TO app`)";
const serverItself = 'name the server itself, not the pooler before it';

const meansOf: Readonly<Record<Exclude<GuardLayerName, 'isolation' | 'static judgement'>, GuardLayer['means']>> = {
  'catalogue closure': 'prevents',
  gateway: 'prevents',
  'read-only session': 'prevents',
  'own reader role': 'prevents',
  'login role per step': 'attributes',
  'session counter': 'detects',
  'table counters': 'detects',
  'ALWAYS triggers': 'detects',
};

const isolationFacts: Readonly<Record<IsolationLevel, Judged>> = {
  network: {
    means: 'prevents',
    inForce: true,
    fact: '`process` for each step, `network` where a plan demands it: then the gateway is the only way to a database',
  },
  process: {
    means: 'prevents',
    inForce: true,
    fact: '`process` for each step: the runner is out of its sight; `network` cannot be had, so other credentials could still go round the gateway',
    raise: 'let this machine make network namespaces: `bwrap --unshare-net --bind / / true` must work',
  },
  none: {
    means: 'prevents',
    inForce: false,
    fact: 'a step that finds other credentials can go round the gateway, which is detected at best',
    raise: 'install bubblewrap and let it make user namespaces: `apt-get install bubblewrap`',
  },
};

function isolationLayer(level: IsolationLevel): Judged {
  return isolationFacts[level];
}
