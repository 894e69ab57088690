/** A policy with what only the live database knows: are the protected tables there, and what else acts when a statement does. */
import { readCatalogue } from '../guard/catalogue-reader.ts';
import { DatabaseLogin, readOnlySettings } from '../guard/database-login.ts';
import { readAccount, schemasOf } from '../guard/guard.ts';
import { findProtectedTables } from '../guard/protected-table.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { SqlPolicy } from '../policy/decide-sql.ts';

/** The protected tables must be there; the policy gets the catalogue. Reads in read-only sessions, which end before the answer. */
export async function readLivePolicy(database: DatabaseAddress, policy: SqlPolicy): Promise<Checked<SqlPolicy>> {
  try {
    const login = new DatabaseLogin();
    const { searchPath } = await readAccount(login, database);
    const client = await login.open(database, { ...readOnlySettings, search_path: 'pg_catalog' });
    try {
      const tables = await findProtectedTables(client, policy.protectedTables);
      const missing = policy.protectedTables.filter((name) => !tables.some((table) => table.name === name));
      if (missing.length > 0) return { value: undefined, diagnostics: missing.map((name) => noSuchTable(name, database)) };
      return { value: { ...policy, catalogue: await readCatalogue(client, schemasOf(searchPath)) }, diagnostics: [] };
    } finally {
      await client.end();
    }
  } catch (error) {
    const { host, port, user } = database;
    const problem: Diagnostic = {
      severity: 'error',
      code: 'guard/not-guarded',
      message: `the catalogue of \`${database.database}\` at ${host}:${port} cannot be read`,
      notes: [messageOf(error)],
      help: `see that the server is running and lets \`${user}\` in`,
    };
    return { value: undefined, diagnostics: [problem] };
  }
}

function noSuchTable(name: string, { database }: DatabaseAddress): Diagnostic {
  return {
    severity: 'error',
    code: 'guard/no-such-table',
    message: `\`${name}\` is to be protected, and the database \`${database}\` has no table of that name`,
    help: 'name a table as `name` (in any schema) or `schema.name`, with capitals as the catalogue has them',
  };
}
