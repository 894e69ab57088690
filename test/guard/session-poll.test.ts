// Servers that do not count sessions: they are looked for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatabaseLogin, parserSettings } from '../../src/guard/database-login.ts';
import { Tripwire } from '../../src/guard/tripwire.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { connect } from './fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("a session round the gateway is seen, also when it has ended; the guard's own, the step's and older ones are not", async () => {
  const login = new DatabaseLogin();
  const older = await connect(server.owner);
  const tripwire = await Tripwire.open({ login, address: server.superuser, protectedTables: [], ownServer: true, countsSessions: false });
  await tripwire.mark();
  expect(tripwire.limits).toEqual([expect.stringContaining('may not be seen')]);
  await tripwire.beginStep();
  const own = await login.open(server.owner, parserSettings);
  await own.end();
  const { stream } = await login.openUpstream(server.owner, {}, 'step');
  await older.query('SELECT pg_sleep(0.1)');
  expect(await tripwire.strangeSessions()).toEqual([]);
  stream.destroy();

  await tripwire.beginStep();
  const strange = await connect(server.owner);
  await strange.query('SELECT pg_sleep(0.3)');
  await strange.end();
  await older.query('SELECT pg_sleep(0.3)');
  expect(await tripwire.strangeSessions()).toEqual([
    { kind: 'sessions', what: expect.stringMatching(/came round the gateway \(`app`, process \d+\)/), explained: false },
  ]);
  await older.end();
  await tripwire.beginStep();
  await tripwire.close();
});
