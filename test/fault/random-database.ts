import { ask } from '../execute/run-sample.ts';
import { startTestServer } from '../support/postgres.ts';
import type { RandomDatabase } from './random-play.ts';

export interface OpenedDatabase extends RandomDatabase {
  readonly close: () => Promise<void>;
}

/** A real server with the table that the plans protect, of which sessions may be ended, and which may crash. */
export async function openRandomDatabase(): Promise<OpenedDatabase> {
  const server = await startTestServer();
  await ask(server.owner, 'CREATE TABLE runs (id text PRIMARY KEY)');
  const [row] = await ask(server.superuser, "select pg_read_file('postmaster.pid') as pid");
  return {
    address: server.owner,
    postmaster: Number.parseInt(String(row?.['pid']), 10),
    recovered: async () => {
      const lastMs = performance.now() + 30_000;
      for (;;) {
        try {
          await ask(server.owner, 'SELECT 1');
          return;
        } catch (error) {
          if (performance.now() > lastMs) throw error;
          await new Promise((settle) => setTimeout(settle, 50));
        }
      }
    },
    close: () => server.close(),
  };
}
