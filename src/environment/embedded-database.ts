/** The application's own database on the embedded server, and the ordinary role that owns it. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { EmbeddedServer } from './embedded-server.ts';
import { cannot } from './finding.ts';

/** The role that owns the application's database: preparation and the gateway log in with it. */
const ownerName = 'app';

/**
 * Makes a fresh database owned by an ordinary role with a random password. The superuser stays with the runner, so that what a
 * guard prevents is really prevented. A second database of one server gets an owner of its own (`app_<name>`).
 */
export async function createDatabase(server: Pick<EmbeddedServer, 'superuser'>, name: string): Promise<Checked<DatabaseAddress>> {
  const client = new pg.Client({ ...server.superuser, ssl: false, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  const password = randomBytes(24).toString('base64url');
  try {
    await client.connect();
    const taken = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [ownerName]);
    const user = taken.rowCount === 0 ? ownerName : `${ownerName}_${name}`;
    const [role, database] = [pg.escapeIdentifier(user), pg.escapeIdentifier(name)];
    await client.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${pg.escapeLiteral(password)}`);
    // From template0: nobody can have connected to it, so it is as initdb made it.
    await client.query(`CREATE DATABASE ${database} OWNER ${role} TEMPLATE template0`);
    // Nobody else's role gets in unless the owner lets it.
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
    const { host, port, tls } = server.superuser;
    return { value: { host, port, user, password, database: name, tls }, diagnostics: [] };
  } catch (thrown) {
    return cannot('environment/database-not-created', `the database \`${name}\` cannot be created on the embedded server`, { notes: [messageOf(thrown)] });
  } finally {
    await client.end().catch(() => undefined);
  }
}
