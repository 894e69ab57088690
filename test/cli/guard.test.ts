/** The program as it is built, before a real server: what comes through is a command's own affair, what is forbidden takes no effect. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { builtProgram, root, startProgram, type CommandEnd } from '../support/command.ts';
import { need } from '../support/machine-need.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let server: TestServer;
let direct: Client;
let url: string;
let cwd: string;

beforeAll(async () => {
  builtProgram();
  server = await startTestServer();
  url = renderDatabaseUrl(server.owner);
  direct = new Client({ connectionString: url });
  await direct.connect();
  await direct.query(
    'CREATE TABLE runs (id integer PRIMARY KEY, status text); CREATE TABLE notes (id integer); CREATE SCHEMA archive; CREATE TABLE archive.runs (id integer)',
  );
});
afterAll(async () => {
  await direct.end();
  await server.close();
});
beforeEach(async () => {
  cwd = temporaryFolder();
  await direct.query('TRUNCATE runs, notes, archive.runs');
});

/** Its own home: bash reads the start-up file there when it finds a socket for its input. */
function surroundings(environment: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { HOME: cwd, REAL_URL: url, ...environment };
}

/** `words` are the options of `guard`; `script` is given to bash. */
function start(words: readonly string[], script: string, environment: Readonly<Record<string, string>> = {}): ReturnType<typeof startProgram> {
  return startProgram(['guard', '-d', 'env:REAL_URL', ...words, '--', 'bash', '-c', script], { cwd, environment: surroundings(environment) });
}

function guard(words: readonly string[], script: string, environment: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
  return start(words, script, environment).ended;
}

/** On a terminal of its own: types each text once what stands before it has been shown. */
const typing = `
import json, os, pty, sys
command, keys = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown = b''
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    sys.stdout.buffer.write(chunk)
    shown += chunk
    if keys and keys[0][0].encode() in shown:
        shown = b''
        os.write(terminal, keys.pop(0)[1].encode())
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 255)
`;
import { sampled } from '../support/sampled.ts';

function onTerminal(words: readonly string[], keys: readonly (readonly [string, string])[]): { readonly stdout: string; readonly status: number | null } {
  const line = [process.execPath, builtProgram(), 'guard', '-d', 'env:REAL_URL', '--', ...words];
  return spawnSync('python3', ['-c', typing, JSON.stringify([line, keys])], {
    cwd,
    env: { ...process.env, ...surroundings() },
    encoding: 'utf8',
    timeout: 50_000,
  });
}

async function count(table: string): Promise<number> {
  const found = await direct.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  return Number(found.rows[0]?.count);
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 600; !condition(); left -= 1) {
    if (left === 0) throw new Error('it did not happen within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a command that is permitted behaves as without the guard', () => {
  test('streams, exit code and environment are its own', async () => {
    const words = ['guard', '-d', 'env:REAL_URL', '-q', '--', 'bash', '-c', 'cat; echo "$MINE"; echo err >&2; exit 7'];
    const end = await startProgram(words, { cwd, stdin: 'from outside\n', environment: surroundings({ MINE: 'kept' }) }).ended;
    expect(end).toEqual({ exitCode: 7, stdout: 'from outside\nkept\n', stderr: 'err\n' });
  });

  test('its address is the door: for libpq, for an URL, and never the real one', async (context) => {
    need(context, 'psql');
    const end = await guard([], 'psql -XAtc "SELECT 1" && psql -XAt "$DATABASE_URL" -c "SELECT 2" && env');
    expect(end.exitCode).toBe(0);
    expect(end.stdout).toMatch(/^1\n2\n/);
    expect(end.stdout).toMatch(/^PGSSLMODE=disable$/m);
    expect(end.stdout).toContain('REAL_URL=postgresql://step-command:');
    expect(end.stdout).not.toContain(server.owner.password);
    expect(end.stderr).toContain('2 statements in 2 sessions');
    expect(end.stderr).toContain('permitted  2 read');
  });

  test('a signal that ends it is its exit code, as a shell says it', async () => {
    expect((await guard(['-q'], 'kill -KILL $$')).exitCode).toBe(137);
    expect((await guard(['-q'], 'kill -TERM $$')).exitCode).toBe(143);
  });

  test('on a terminal it has the terminal: an interactive shell, its jobs, and Ctrl-C', () => {
    const shell = onTerminal(
      ['bash', '--norc', '--noediting', '-i'],
      [
        ['bash-', 'test -t 0 && test -t 1 && test -t 2 && echo al"l"\n'],
        ['all\r', 'sh -c "echo g"o"; exec sleep 60"\n'],
        ['go\r', '\u0003'],
        ['bash-', 'echo $? und"er"\n'],
        ['under\r', 'exit 4\n'],
      ],
    );
    expect(shell.stdout).toContain('130 under');
    expect(shell.status, shell.stdout).toBe(4);
    // Ctrl-C is for the command; the guard lives to tell the rest.
    const interrupted = onTerminal(['sh', '-c', 'echo ready; exec sleep 60'], [['ready\r', '\u0003']]);
    expect(interrupted.status, interrupted.stdout).toBe(130);
    expect(interrupted.stdout).toContain('0 statements in 0 sessions');
  });

  test('thousands of statements: each is counted, with the rows and the fate of what it wrote', async (context) => {
    need(context, 'psql');
    const record = join(cwd, 'record');
    const end = await guard(
      ['--capability', 'write', '--protect', 'runs', '--record', record],
      `{ echo 'BEGIN;'; for i in $(seq 3000); do echo "INSERT INTO notes VALUES ($i);"; done; echo 'COMMIT; BEGIN; DELETE FROM notes; ROLLBACK;'; } | psql -Xq`,
    );
    expect(end.exitCode, end.stderr).toBe(0);
    expect(await count('notes')).toBe(3000);
    expect(end.stderr).toContain('notes: 3000 rows in 3000 statements, committed');
    expect(end.stderr).toContain('notes: 3000 rows in 1 statement, rolled back');
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3007);
  });

  test('nothing is added to the database', async (context) => {
    need(context, 'psql');
    const state =
      "SELECT (SELECT string_agg(rolname, ',' ORDER BY 1) FROM pg_roles), (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_class), (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_depend)";
    const before = (await direct.query(state)).rows;
    await guard(['--protect', 'runs', '--alone'], 'psql -Xc "SELECT 1"');
    expect((await direct.query(state)).rows).toEqual(before);
  });
});

describe('what is refused', () => {
  test('takes no effect, is named with its reason, and the exit code is 3 whatever the command makes of it', async (context) => {
    need(context, 'psql');
    const end = await guard([], 'psql -Xc "INSERT INTO runs VALUES (1)" || true');
    expect(end.exitCode).toBe(3);
    expect(await count('runs')).toBe(0);
    expect(end.stderr).toContain('ERROR:  refused by proofplan: an INSERT into `runs`');
    expect(end.stderr).toMatch(/^ {2}refused {4}25006 write-in-read-step: .*\n.*INSERT INTO runs VALUES \(1\)$/m);
    expect(end.stderr).toContain("exit code  3: 1 statement refused (the command's own is 0)");
  });

  test.each(
    sampled(
      [
        ['write', 'runs', 'INSERT INTO runs VALUES (1)'],
        ['write', 'runs', 'INSERT INTO archive.runs VALUES (1)'],
        ['ddl', 'runs', 'DROP TABLE archive.runs'],
        ['ddl', 'public.runs', 'ALTER TABLE runs ADD COLUMN x integer'],
        ['write', 'runs', 'CREATE TABLE another (id integer)'],
        ['read', 'runs', "SET default_transaction_read_only = 'off'"],
        ['read', 'runs', "COMMIT PREPARED 'x'"],
      ],
      2,
    ),
  )('with --capability %s --protect %s: %s', async (capability, protect, statement) => {
    const end = await guard(['--capability', capability, '--protect', protect], `psql -Xc "${statement}"`);
    expect(end.exitCode, end.stderr).toBe(3);
    expect((await count('runs')) + (await count('archive.runs'))).toBe(0);
  });

  test('a name with its schema protects that table alone; the bare name all of that name', async (context) => {
    need(context, 'psql');
    expect((await guard(['--capability', 'write', '--protect', 'public.runs'], 'psql -Xc "INSERT INTO archive.runs VALUES (1)"')).exitCode).toBe(0);
    expect(await count('archive.runs')).toBe(1);
  });

  test('a refused two-phase commit leaves the transaction to its end, which is a rollback', async (context) => {
    need(context, 'psql');
    const end = await guard(['--capability', 'write'], `printf '%s;\\n' BEGIN 'INSERT INTO notes VALUES (1)' "PREPARE TRANSACTION 'x'" COMMIT | psql -X`);
    expect(end.exitCode).toBe(3);
    expect(end.stderr).toContain('notes: 1 row in 1 statement, rolled back');
    expect(await count('notes')).toBe(0);
  });
});

describe('nothing starts', () => {
  test('behind a server that does not make sessions read-only: the canary is not refused, and the exit code is 5', async () => {
    // What stands between changes one word of the guard's start, as a pooler does that drops it.
    const between = createServer((client) => {
      const upstream = connect(server.owner.port, server.owner.host);
      client.on('data', (bytes) => upstream.write(Buffer.from(bytes.toString('latin1').replaceAll('read_only=on', 'read_only=no'), 'latin1')));
      upstream.on('data', (bytes) => client.write(bytes));
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const)
        one.on('error', () => undefined).on('close', () => other.destroy());
    });
    await new Promise<void>((resolve) => void between.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = between.address() as AddressInfo;
      const end = await guard(['-d', renderDatabaseUrl({ ...server.owner, port })], 'touch started');
      expect(end.exitCode, end.stderr).toBe(5);
      expect(end.stderr).toContain('execute/canary-not-refused');
      expect(existsSync(join(cwd, 'started'))).toBe(false);
    } finally {
      between.close();
    }
  });

  test.each(
    sampled(
      [
        ['a protected table that is not there', ['--protect', 'rusn'], 2, /guard\/no-such-table[\s\S]*did you mean `runs`\?/],
        ['a list without a name', ['--protect', 'runs,,notes'], 2, /cli\/usage/],
        ['a capability that is none', ['--capability', 'wriet'], 2, /cli\/usage/],
        ['all rights and a protected table', ['--capability', 'full', '--protect', 'runs'], 2, /cli\/usage[\s\S]*--capability ddl/],
      ] as const,
      2,
    ),
  )('with %s', async (_name, words, exitCode, message) => {
    const end = await guard(words, 'touch started');
    expect(end.exitCode, end.stderr).toBe(exitCode);
    expect(end.stderr).toMatch(message);
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });

  test('without a database, with a variable that is not set, with a wrong password, with a server that is gone', async () => {
    const run = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
      startProgram(['guard', ...words, '--', 'touch', 'started'], { cwd, environment }).ended;
    expect(await run([])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no database is named') });
    expect(await run(['-d', 'env:NOWHERE'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cli/unset-database') });
    const wrong = await run(['-d', 'env:WRONG'], { WRONG: renderDatabaseUrl({ ...server.owner, password: 'a wrong one' }) });
    expect(wrong).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('environment/login-refused') });
    expect(wrong.stderr).not.toContain('a wrong one');
    expect(await run(['-d', 'postgresql://x@127.0.0.1:1/x'])).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('environment/unreachable') });
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });

  test('without a command, or with one that is not there', async () => {
    expect((await startProgram(['guard', '-d', 'env:REAL_URL'], { cwd, environment: surroundings() }).ended).exitCode).toBe(2);
    const end = await startProgram(['guard', '-d', 'env:REAL_URL', '--', 'no-such-program'], { cwd, environment: surroundings() }).ended;
    expect(end).toMatchObject({ exitCode: 127, stderr: expect.stringContaining('execute/command-not-started') });
  });

  test('with a record that is there already: it is not overwritten', async () => {
    writeFileSync(join(cwd, 'record'), 'earlier');
    const end = await guard(['--record', 'record'], 'touch started');
    expect(end).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cli/file-exists') });
    expect(readFileSync(join(cwd, 'record'), 'utf8')).toBe('earlier');
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });
});

describe('the account as JSON', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/guard.schema.json'), 'utf8')));
  const linesOf = (text: string): Record<string, unknown>[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('--json: nothing else on stdout, each line by its schema; --record: the same lines, for nobody else to read', async (context) => {
    need(context, 'psql');
    const end = await guard(
      ['--capability', 'write', '--protect', 'runs,notes', '--json', '--record', 'record'],
      'psql -Xc "SELECT 1" -c "DELETE FROM runs"; echo out',
      {
        OTHER_URL: 'postgres://x@elsewhere.example/x',
      },
    );
    const lines = linesOf(end.stdout);
    for (const line of lines) expect(validate(line), JSON.stringify(validate.errors)).toBe(true);
    expect(lines.map(({ kind }) => kind)).toEqual(['opened', 'statement', 'statement', 'closed']);
    expect(lines[0]).toMatchObject({ capability: 'write', protect: ['runs', 'notes'], removed: [{ name: 'OTHER_URL' }], database: { database: 'app' } });
    expect(lines[2]).toMatchObject({ text: 'DELETE FROM runs', decision: { effect: 'refuse', rule: 'protected-relation', sqlstate: '42501' }, fate: 'none' });
    expect(lines[3]).toMatchObject({ exitCode: 3, command: { exitCode: 0 }, statements: 2, refused: 1, permitted: { read: 1 } });
    expect(end.stderr).toMatch(/^out$/m);
    expect(readFileSync(join(cwd, 'record'), 'utf8')).toBe(end.stdout);
    expect(statSync(join(cwd, 'record')).mode & 0o777).toBe(0o600);
    expect(end.stdout + end.stderr).not.toContain(server.owner.password);
  });

  test('a command that was not started', async () => {
    const end = await guard(['--json', '--protect', 'nowhere'], 'true');
    const lines = linesOf(end.stdout);
    expect(lines).toMatchObject([{ kind: 'closed', exitCode: 2, command: null, diagnostics: [{ code: 'guard/no-such-table' }] }]);
    expect(validate(lines[0]), JSON.stringify(validate.errors)).toBe(true);
  });

  test("the door's token and the real password stand in no statement", async (context) => {
    need(context, 'psql');
    const end = await guard(['--json'], `psql -Xc "SELECT '$PGPASSWORD', '${server.owner.password}'"`);
    const [, statement] = linesOf(end.stdout);
    expect(statement?.['text']).toMatch(/^SELECT '[^']*', '[^']*'$/);
    expect(end.stdout).not.toContain(server.owner.password);
  });
});

describe('addresses of the environment', () => {
  test('in every form that leads to the guarded database: the door; elsewhere or hidden: named and taken away', async () => {
    const { host, port, user, password, database } = server.owner;
    const end = await guard([], 'env', {
      DJANGO_DB_HOST: 'localhost',
      DJANGO_DB_PORT: String(port),
      DJANGO_DB_PASSWORD: password,
      DSN: `host=${host} port=${port} dbname=${database} user=${user} password=${password}`,
      JDBC_URL: `jdbc:postgresql://${host}:${port}/${database}?user=${user}&password=${password}`,
      SQLALCHEMY: url.replace('postgresql://', 'postgresql+asyncpg://'),
      REPORTS_DATABASE_URL: 'postgresql://other:secret-of-other@elsewhere.example/reports',
      MYSQL_DB_URL: 'mysql://root@127.0.0.1/app',
      NOTE: `the password is ${password}`,
      PGPASSFILE: '/nowhere/pgpass',
      PGPASSWORD: password,
      PGTZ: 'Europe/Berlin',
      HARMLESS: 'stays',
    });
    expect(end.exitCode, end.stderr).toBe(0);
    expect(end.stdout).not.toContain(password);
    expect(end.stdout).not.toMatch(/secret-of-other|mysql:|PGPASSFILE|^NOTE=/m);
    expect(end.stdout).toMatch(/^SQLALCHEMY=postgresql\+asyncpg:\/\/step-command:/m);
    expect(end.stdout).toMatch(/^JDBC_URL=jdbc:postgresql:\/\/127\.0\.0\.1:\d+\/app\?user=step-command&/m);
    expect(end.stdout).toMatch(/^DSN=host=127\.0\.0\.1 port=\d+ dbname='app' user='step-command'/m);
    expect(end.stdout).not.toMatch(new RegExp(`^DJANGO_DB_PORT=${port}$`, 'm'));
    expect(end.stdout).toMatch(/^HARMLESS=stays$/m);
    expect(end.stdout).toMatch(/^PGTZ=Europe\/Berlin$/m);
    expect(end.stderr).toContain('warning[cli/variable-not-passed]');
    for (const name of ['MYSQL_DB_URL', 'NOTE', 'PGPASSFILE', 'REPORTS_DATABASE_URL']) expect(end.stderr).toContain(`\`${name}\``);
    expect(end.stderr).not.toMatch(/secret-of-other/);
  });
});

/** Ways round the guard. What it cannot keep from happening is named. */
describe('attacks', () => {
  test('the address out of the environment of the parent: a session round the gateway is named, and alone on the server it counts', async (context) => {
    need(context, 'psql');
    // Whoever runs as the same user may read it; only isolation hides it.
    const attack = `real=$(tr '\\0' '\\n' < /proc/$PPID/environ | sed -n s/^REAL_URL=//p); psql -X "$real" -c "INSERT INTO runs VALUES (1)"`;
    const shared = await guard(['--protect', 'runs'], attack);
    expect(shared.exitCode).toBe(0);
    expect(shared.stderr).toMatch(/^ {2}found {6}.*`?runs`?.*\n.*round the gateway, or another client's$/m);
    await direct.query('TRUNCATE runs');
    const alone = await guard(['--protect', 'runs', '--alone'], attack);
    expect(alone.exitCode).toBe(3);
    expect(alone.stderr).toContain("exit code  3: something happened round the gateway (the command's own is 0)");
  });

  test('credentials of its own, and nothing changed: the session alone is enough', async (context) => {
    need(context, 'psql');
    const end = await guard(['--alone'], `psql -X '${url}' -c "SELECT 1"`);
    expect(end).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('a session of the database came round the gateway') });
  });

  test('a process that outlives the command: it is named, and its door is closed', async (context) => {
    need(context, 'psql');
    const end = await guard(
      ['--capability', 'write'],
      `setsid bash -c 'echo $$ > pid; while ! test -e go; do sleep 0.05; done; psql -Xc "INSERT INTO notes VALUES (1)" > out 2>&1; touch done' > /dev/null 2>&1 < /dev/null & while ! test -s pid; do sleep 0.05; done`,
    );
    expect(end.exitCode, end.stderr).toBe(0);
    expect(end.stderr).toMatch(/^ {2}left {7}\d+ bash -c .* still runs; its way to the database is closed$/m);
    writeFileSync(join(cwd, 'go'), '');
    await until(() => existsSync(join(cwd, 'done')));
    expect(readFileSync(join(cwd, 'out'), 'utf8')).toMatch(/refused|rejected|not good|could not connect/i);
    expect(await count('notes')).toBe(0);
  });

  test('an open transaction of a process that outlives the command is rolled back', async (context) => {
    need(context, 'psql');
    const end = await guard(
      ['--capability', 'write'],
      `(echo 'BEGIN; INSERT INTO notes VALUES (1);'; touch sent; sleep 5; echo 'COMMIT;') | setsid psql -X > out 2>&1 & while ! grep -q INSERT out 2>/dev/null; do sleep 0.05; done`,
    );
    expect(end.stderr).toContain('notes: 1 row in 1 statement, rolled back');
    expect(await count('notes')).toBe(0);
  });

  test.each(['bash -c', 'exec env -i sh -c'])('the guard is killed: `%s` does not go on with a live door', async (shell) => {
    const { child, ended } = start(['--capability', 'write'], `echo $$ > pid; echo "$DATABASE_URL" > address; ${shell} 'while :; do /bin/sleep 1; done'`);
    await until(() => existsSync(join(cwd, 'address')));
    child.kill('SIGKILL');
    // Nobody who still runs would let go of its output.
    await ended;
    const client = new Client({ connectionString: readFileSync(join(cwd, 'address'), 'utf8').trim() });
    await expect(client.connect()).rejects.toThrow();
    const pid = Number(readFileSync(join(cwd, 'pid'), 'utf8'));
    await until(() => !isAlive(pid));
  });

  test('the server goes away in the middle: the command is ended and the exit code is 5', async (context) => {
    need(context, 'psql');
    const own = await startTestServer();
    const { ended } = startProgram(['guard', '-d', 'env:OWN', '--', 'bash', '-c', 'touch started; psql -Xc "SELECT pg_sleep(600)"; touch after; sleep 600'], {
      cwd,
      environment: surroundings({ OWN: renderDatabaseUrl(own.owner) }),
    });
    try {
      await until(() => existsSync(join(cwd, 'started')));
      await new Promise((resolve) => setTimeout(resolve, 500));
    } finally {
      await own.close();
    }
    expect(await ended).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('execute/guard-failed') });
  });

  test.each(
    sampled(
      [
        ['SIGINT', 'INT', 130],
        ['SIGTERM', 'TERM', 143],
        ['SIGHUP', 'HUP', 129],
      ] as const,
      2,
    ),
  )('%s to the guard is passed to the command, which may answer it', async (signal, trap, exitCode) => {
    const wait = 'touch started; while :; do sleep 0.1; done';
    const answered = start([], `trap 'echo got; exit 9' ${trap}; ${wait}`);
    await until(() => existsSync(join(cwd, 'started')));
    answered.child.kill(signal);
    expect(await answered.ended).toMatchObject({ exitCode: 9, stdout: 'got\n', stderr: expect.stringContaining('0 statements') });
    const { child, ended } = startProgram(['guard', '-d', 'env:REAL_URL', '--', 'sleep', '600'], { cwd, environment: surroundings() });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill(signal);
    expect((await ended).exitCode).toBe(exitCode);
  });

  test('a reader that goes away ends nothing and changes no exit code', () => {
    const line = `"${process.execPath}" "${builtProgram()}" guard -d env:REAL_URL --json -- bash -c 'sleep 0.2; touch done; exit 4' 2>&1 | head -c 1 > /dev/null; exit "\${PIPESTATUS[0]}"`;
    expect(spawnSync('bash', ['-c', line], { cwd, env: { ...process.env, ...surroundings() }, timeout: 50_000 }).status).toBe(4);
    expect(existsSync(join(cwd, 'done'))).toBe(true);
  });

  test('a record that can take no more: the guard does not hold, and the command is ended', async (context) => {
    need(context, 'psql');
    const script = `ulimit -f 8; exec "${process.execPath}" "${builtProgram()}" guard -d env:REAL_URL --record record -- bash -c 'for i in $(seq 200); do echo "SELECT $i;"; done | psql -X; sleep 600'`;
    const end = spawnSync('bash', ['-c', script], { cwd, env: { ...process.env, ...surroundings() }, encoding: 'utf8', timeout: 50_000 });
    expect(end.status, end.stderr).toBe(5);
    expect(end.stderr).toContain('execute/guard-failed');
  });
});

describe('isolated', () => {
  test('process: streams and exit code are its own; the address in the parent is out of sight, and nothing outlives it', async (context) => {
    need(context, 'bubblewrap');
    need(context, 'psql');
    const script = `cat; psql -XAtc "SELECT 'through the door'"; cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c ${server.owner.password}; setsid sleep 60 & exit 7`;
    const words = ['guard', '-d', 'env:REAL_URL', '--isolation', 'process', '--json', '--', 'bash', '-c', script];
    const end = await startProgram(words, { cwd, stdin: 'from outside\n', environment: surroundings() }).ended;
    expect(end.exitCode, end.stderr).toBe(7);
    expect(end.stderr).toMatch(/^from outside\nthrough the door\n0$/m);
    expect(end.stderr).toMatch(/^ {2}left {7}\d+ sleep 60 was ended with the command$/m);
    const [opened] = end.stdout.split('\n').map((line) => JSON.parse(line || '{}') as Record<string, unknown>);
    expect(opened).toMatchObject({ isolation: 'process', canaries: expect.arrayContaining([expect.objectContaining({ layer: 'isolation', refused: true })]) });
  });

  test('network: with the real credentials in hand it does not get round the gateway', async (context) => {
    need(context, 'bubblewrap');
    need(context, 'psql');
    const end = await guard(
      ['--isolation', 'network', '--capability', 'write', '--protect', 'runs', '--alone'],
      `psql -X '${url}' -c 'INSERT INTO runs VALUES (1)'; psql -Xc 'INSERT INTO notes VALUES (1)'`,
    );
    expect(end.exitCode, end.stderr).toBe(0);
    expect(end.stderr).toContain('Connection refused');
    expect([await count('runs'), await count('notes')]).toEqual([0, 1]);
  });

  test('a signal to the guard is passed to it, and with the guard it is ended', async (context) => {
    need(context, 'bubblewrap');
    const answered = start(['--isolation', 'process'], "trap 'echo got; exit 9' TERM; touch started; while :; do sleep 0.1; done");
    await until(() => existsSync(join(cwd, 'started')));
    answered.child.kill('SIGTERM');
    expect(await answered.ended).toMatchObject({ exitCode: 9, stdout: 'got\n' });
    const killed = start(['--isolation', 'process'], 'touch again; exec env -i /bin/sleep 60');
    await until(() => existsSync(join(cwd, 'again')));
    killed.child.kill('SIGKILL');
    // Nobody who still runs would let go of its output.
    expect((await killed.ended).exitCode).toBe(null);
  });

  test('where it cannot be had nothing starts: in a sandbox there is no other', async (context) => {
    need(context, 'bubblewrap');
    const inner = `"${process.execPath}" "${builtProgram()}" guard -d env:REAL_URL --isolation process -- touch started`;
    const end = await guard(['--isolation', 'process', '-q'], inner);
    expect(end).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('execute/not-isolated') });
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });
});
