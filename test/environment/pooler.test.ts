// A real pgbouncer between us and the server: found where it shows, with what is lost; where a session is no session, nothing begins.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeDatabase } from '../../src/environment/probe.ts';
import { need } from '../support/machine-need.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

const dropping = { ignore_startup_parameters: 'options,extra_float_digits' };

interface Play {
  readonly settings: Readonly<Record<string, string>>;
  readonly severity: 'warning' | 'error';
  readonly message: string;
  readonly notes: readonly string[];
}

const plays: Readonly<Record<string, Play>> = {
  'that refuses the settings of the guard': {
    settings: { pool_mode: 'session' },
    severity: 'error',
    message: "is a pooler, which refuses the settings that the guard's sessions start with",
    notes: ['unsupported startup parameter'],
  },
  'in session mode that drops them': {
    settings: { ...dropping, pool_mode: 'session' },
    severity: 'warning',
    message: 'is a pooler, not the server itself',
    notes: ['settings:', 'counters:', 'cancel:'],
  },
  'in transaction mode': {
    settings: { ...dropping, pool_mode: 'transaction' },
    severity: 'error',
    message: 'is a pooler that gives a server process to another session after each transaction',
    notes: ['session state', 'settings:', 'counters:', 'cancel:'],
  },
  'in statement mode': {
    settings: { ...dropping, pool_mode: 'statement' },
    severity: 'error',
    message: 'is a pooler that gives a server process to another session after each transaction',
    notes: ['session state'],
  },
};

test.for(Object.entries(plays))('pgbouncer %s', async ([, { settings, severity, message, notes }], context) => {
  const pooled = await startPgbouncer(need(context, 'pgbouncer'), server.owner, settings);
  try {
    const probed = await probeDatabase(pooled.address);
    expect(probed.diagnostics).toMatchObject([
      { severity, code: 'environment/pooler', message: expect.stringContaining(message), help: expect.stringContaining("the server's own host and port") },
    ]);
    for (const note of notes) expect(probed.diagnostics[0]?.notes?.join('\n')).toContain(note);
    expect(probed.value === undefined).toBe(severity === 'error');
  } finally {
    await pooled.close();
  }
});

test('a wrong password at pgbouncer is a wrong password', async (context) => {
  const pooled = await startPgbouncer(need(context, 'pgbouncer'), server.owner, { ...dropping, pool_mode: 'session' });
  try {
    const probed = await probeDatabase({ ...pooled.address, password: 'wrong' });
    expect(probed.diagnostics).toMatchObject([{ code: 'environment/login-refused' }]);
  } finally {
    await pooled.close();
  }
});
