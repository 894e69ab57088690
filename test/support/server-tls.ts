/** Switches encryption on at a test server, and says in its `pg_hba.conf` who may come how. */
import pg from 'pg';
import { makeSelfSigned } from '../guard/self-signed.ts';
import type { TestServer } from './postgres.ts';

/** Gives the certificate (PEM), which is made for `name` and signed by itself. `rules`: lines that stand before all others in `pg_hba.conf`. */
export async function encryptServer(server: TestServer, name: string, rules: readonly string[] = []): Promise<string> {
  const superuser = new pg.Client({ ...server.superuser, ssl: false });
  await superuser.connect();
  const { certificate, key } = makeSelfSigned(name);
  // The server writes its own files, so that they are its own and nobody else's.
  const write = async (text: string, command: string): Promise<void> => {
    const lines = text
      .trim()
      .split('\n')
      .map((line) => `(${superuser.escapeLiteral(line)})`);
    await superuser.query(`COPY (VALUES ${lines.join(', ')}) TO PROGRAM '${command}'`);
  };
  await write(certificate, 'umask 077; cat > server.crt');
  await write(key, 'umask 077; cat > server.key');
  if (rules.length > 0) await write(rules.join('\n'), 'cat - pg_hba.conf > new_hba.conf && mv new_hba.conf pg_hba.conf');
  await superuser.query('ALTER SYSTEM SET ssl = on');
  await superuser.query('SELECT pg_reload_conf()');
  await superuser.end();
  for (let shown = ''; shown !== 'on'; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const client = new pg.Client({ ...server.owner, ssl: false });
    await client.connect();
    shown = (await client.query<{ ssl: string }>('SHOW ssl')).rows[0]?.ssl ?? '';
    await client.end();
  }
  return certificate;
}
