// Keeps the catalogue that statements are judged by: read when the guard is made, anew when a step begins and it has moved, and when
// a change of the schema has come through the gateway. What cannot be read gives no permission.
import type { Client } from 'pg';
import type { Catalogue } from '../model/catalogue.ts';
import type { StatementRecord } from '../model/contract.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { catalogueSignQuery, momentQuery } from './catalogue-query.ts';
import { readCatalogue } from './catalogue-reader.ts';
import { readOnlySettings, type DatabaseLogin } from './database-login.ts';

/** The longest that one reading may take. */
const patienceMs = 60_000;

export class CatalogueKeeper {
  readonly #login: DatabaseLogin;
  readonly #address: DatabaseAddress;
  readonly #searchPath: readonly string[];
  #client: Promise<Client> | undefined;
  #moment: string | undefined;
  #sign: string | undefined;
  #catalogue: Catalogue | undefined;
  #reading: Promise<Catalogue> | undefined;
  #stale = true;
  /** Changes of the schema that were let through and may not be committed yet, by their texts. */
  readonly #pending = new Set<string>();
  /** All that were let through in this step: a prepared one may be carried out again. */
  readonly #noted = new Set<string>();
  #epoch = 0;
  #closed = false;

  /** `searchPath` is that of the sessions to be judged, as schemas. */
  constructor(login: DatabaseLogin, address: DatabaseAddress, searchPath: readonly string[]) {
    this.#login = login;
    this.#address = address;
    this.#searchPath = searchPath;
  }

  /** Moves whenever a judgement that was made before may not be true any more. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The catalogue as it is to be judged by now. Rejects when it cannot be read. */
  async current(): Promise<Catalogue> {
    let catalogue = this.#catalogue;
    while (this.#stale || catalogue === undefined) catalogue = await (this.#reading ??= this.#start());
    return this.#pending.size === 0 ? catalogue : { ...catalogue, pending: [...this.#pending] };
  }

  /** Others may have changed the schema. Rejects as `current` does. */
  async recheck(): Promise<void> {
    this.#stale = true;
    await this.current();
  }

  /** A step begins: no session of an earlier one is left. Rejects as `current` does. */
  async renew(): Promise<void> {
    this.#pending.clear();
    this.#noted.clear();
    await this.recheck();
  }

  /** What was let through counts from now on, for every session. */
  note({ decision, statements }: SqlJudgement): void {
    if (decision.effect === 'refuse') return;
    for (const { text, changesSchema } of statements) {
      if (changesSchema !== true) continue;
      this.#pending.add(text);
      this.#noted.add(text);
      this.#epoch += 1;
    }
  }

  /** A statement's transaction has ended: what it changed others can read now. */
  settled({ text, fate }: Pick<StatementRecord, 'text' | 'fate'>): void {
    if (this.#noted.size === 0 || fate === 'none') return;
    // A message may hold comments that are not the statement's.
    const changes = this.#noted.has(text) ? [text] : [...this.#noted].filter((noted) => text.includes(noted));
    if (changes.length === 0) return;
    // Where nobody knows how it ended, it may end yet.
    if (fate !== 'open') for (const change of changes) this.#pending.delete(change);
    this.#stale = true;
    this.#epoch += 1;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#client?.catch(() => undefined))?.end().catch(() => undefined);
  }

  #start(): Promise<Catalogue> {
    // Whatever happens from here on, this reading may have missed.
    this.#stale = false;
    return this.#read()
      .catch((error: unknown) => {
        this.#stale = true;
        throw error;
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #read(): Promise<Catalogue> {
    let timer: NodeJS.Timeout | undefined;
    const client = await this.#open();
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the catalogue was not read within ${patienceMs} ms`)), patienceMs);
    });
    try {
      return await Promise.race([this.#readFrom(client), late]);
    } catch (error) {
      // The connection may be what is broken; the next reading gets another.
      this.#client = undefined;
      client.connection.stream.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #readFrom(client: Client): Promise<Catalogue> {
    const signOf = async (query: string): Promise<string> => JSON.stringify((await client.query(query)).rows);
    const moment = await signOf(momentQuery);
    if (this.#catalogue !== undefined && moment === this.#moment) return this.#catalogue;
    const sign = await signOf(catalogueSignQuery);
    if (this.#catalogue === undefined || sign !== this.#sign) {
      this.#catalogue = await readCatalogue(client, this.#searchPath);
      this.#epoch += 1;
    }
    this.#sign = sign;
    this.#moment = moment;
    return this.#catalogue;
  }

  #open(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error('the guard is closed'));
    const opening = (this.#client ??= this.#login.open(this.#address, {
      ...readOnlySettings,
      search_path: 'pg_catalog',
      statement_timeout: String(patienceMs),
    }));
    opening.catch(() => {
      if (this.#client === opening) this.#client = undefined;
    });
    return opening;
  }
}
