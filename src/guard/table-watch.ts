// The state of the protected tables and of the schema, kept at a cost that grows with what changed: first whether anything was
// committed on the server at all, then which tables' counters moved, and only these are read.
//
// Where the counters cannot be believed, each look after any commit reads whole tables, and that is said.
import type { Client } from 'pg';
import { findProtectedTables, type ProtectedTable } from './protected-table.ts';
import { findCatalogues, readSchema, readSchemaVersions, type Catalogue, type SchemaFingerprint } from './schema-fingerprint.ts';
import { findBlindSpots, readMoment, type ServerMoment } from './server-moment.ts';
import { readContent, type TableMark } from './table-content.ts';
import { isUntouched, readCounters, type CounterReading, type TableCounter } from './table-counter.ts';

/** A moment's state. */
export interface TableState {
  readonly tables: ReadonlyMap<string, TableMark>;
  readonly schema: SchemaFingerprint;
  /** When the server's counters were last set back. */
  readonly reset: string;
}

export interface TableWatchOptions {
  readonly client: Client;
  /** `server_version_num`. */
  readonly version: number;
  readonly names: readonly string[];
  /** The steps' account may switch its counters off. */
  readonly superuserSteps: boolean;
  /** The runner's own sessions at this moment. */
  readonly ownSessions: () => readonly number[];
}

/** Before this version counters came by datagrams, late and not always. */
const exactCountersVersion = 150_000;
/** A table that was known is gone. */
const undefinedTable = '42P01';

interface SchemaState {
  readonly versions: string;
  readonly fingerprint: SchemaFingerprint;
  readonly found: readonly ProtectedTable[];
  readonly blindSpots: readonly string[];
}

interface Known {
  readonly moment: ServerMoment;
  readonly catalogue: string;
  readonly schema: SchemaState;
  readonly mark: TableState;
}

export class TableWatch {
  readonly #options: TableWatchOptions;
  #catalogues: readonly Catalogue[] | undefined;
  #known: Known | undefined;
  #reads = 0;

  constructor(options: TableWatchOptions) {
    this.#options = options;
  }

  /** How often a table's content or the schema was read so far: nothing else of a look depends on their size. */
  get reads(): number {
    return this.#reads;
  }

  /** The tables behind the protected names; a name may have none, or several. */
  async tables(): Promise<readonly ProtectedTable[]> {
    return findProtectedTables(this.#options.client, this.#options.names);
  }

  /** Why tables are read whole, where they always are; undefined where counters are enough. As of the last mark. */
  get wholeReadsBecause(): string | undefined {
    const { version, superuserSteps } = this.#options;
    if (version < exactCountersVersion) return 'a server before version 15 loses counters';
    if (this.#known?.moment.counts === false) return '`track_counts` is off';
    if (superuserSteps) return 'the steps run under a superuser, who may switch the counters off';
    const [spot] = this.#known?.schema.blindSpots ?? [];
    return spot === undefined ? undefined : `\`track_counts\` may be off in some sessions (${spot})`;
  }

  /** Are there sessions of which the account may not see whether they hold counters back? As of the last mark. */
  get isShortSighted(): boolean {
    return (this.#known?.moment.hidden ?? 0) > 0;
  }

  /** The tables behind the names as of the last mark. */
  get found(): readonly ProtectedTable[] {
    return this.#known?.schema.found ?? [];
  }

  /** The state now; what is `touched` (object ids) is read whatever its counters say. Rejects as pg does. */
  async mark(touched: ReadonlySet<string> = new Set()): Promise<TableState> {
    const { client, ownSessions } = this.#options;
    const known = this.#known;
    const moment = await readMoment(client, ownSessions(), known?.moment.time);
    if (known !== undefined && known.moment.snapshot === moment.snapshot && known.moment.reset === moment.reset && moment.counts) return known.mark;
    this.#catalogues ??= await findCatalogues(client);
    const trusted =
      known !== undefined && this.wholeReadsBecause === undefined && moment.counts && moment.unsettled === 0 && known.moment.reset === moment.reset;
    try {
      return await this.#look(moment, trusted, touched);
    } catch (error) {
      // Its schema moved between two questions: once more, with all looked up anew.
      if ((error as { readonly code?: unknown }).code !== undefinedTable) throw error;
      this.#known = undefined;
      return await this.#look(moment, false, touched, known);
    }
  }

  async #look(moment: ServerMoment, trusted: boolean, touched: ReadonlySet<string>, known: Known | undefined = this.#known): Promise<TableState> {
    const { client } = this.#options;
    const catalogues = (this.#catalogues ?? []).map(({ oid }) => oid);
    // Counters first: what is counted after them is read below, or counts the next time.
    let counters = await readCounters(client, known?.schema.found ?? [], catalogues);
    const still = trusted && known?.catalogue === counters.catalogue;
    const schema = known !== undefined && still ? known.schema : await this.#readSchema(known?.schema);
    if (schema.found !== known?.schema.found) counters = { ...(await readCounters(client, schema.found, [])), catalogue: counters.catalogue };
    const isTrusted = (table: ProtectedTable): boolean => trusted && table.hasRows && !table.members.some((member) => touched.has(member));
    const read = await this.#readTables(schema.found, counters, known?.mark.tables, isTrusted);
    const counted = moment.holding === 0 && this.wholeReadsBecause === undefined ? { countedSince: moment.reset } : {};
    const tables = new Map([...read].map(([label, mark]) => [label, { ...mark, ...counted }]));
    const mark = { tables, schema: schema.fingerprint, reset: moment.reset };
    this.#known = { moment, catalogue: counters.catalogue, schema, mark };
    return mark;
  }

  async #readTables(
    found: readonly ProtectedTable[],
    counters: CounterReading,
    known: ReadonlyMap<string, TableMark> | undefined,
    isTrusted: (table: ProtectedTable) => boolean,
  ): Promise<ReadonlyMap<string, Omit<TableMark, 'countedSince'>>> {
    const marks = new Map<string, Omit<TableMark, 'countedSince'>>();
    for (const [index, table] of found.entries()) {
      const counter = counters.tables[index] as TableCounter;
      const before = known?.get(table.label);
      const still = before !== undefined && isTrusted(table) && isUntouched(before.counter, counter);
      if (!still) this.#reads += 1;
      marks.set(table.label, { counter, content: still ? before.content : await readContent(this.#options.client, table, before?.content) });
    }
    return marks;
  }

  /** The whole schema, unless its rows are the same ones as before. */
  async #readSchema(known: SchemaState | undefined): Promise<SchemaState> {
    const { client, version } = this.#options;
    this.#reads += 1;
    const versions = await readSchemaVersions(client, this.#catalogues ?? []);
    if (known !== undefined && known.versions === versions) return known;
    return { versions, fingerprint: await readSchema(client), found: await this.tables(), blindSpots: await findBlindSpots(client, version) };
  }
}
