/** Canaries in every place where a secret comes from, and a search through everything that is left: the real command line, a real server. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { root, startProgram } from '../support/command.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { findCanaries, searchFolder } from '../support/secret-search.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampled } from '../support/sampled.ts';

/** Two halves of letters and digits, so that a half alone is found too, and what every encoding writes in its own way. */
const halves = ['kanari7Q', 'x9Vb2Lm5'] as const;
const token = `${halves.join('')}/"ä'\\ &%+$x`;
/** Found out by a step, and inherited by steps and prepare commands. */
const captured = 'grabbed4Wz8Rt6N';
const inherited = 'heirloom3Kp5Jd2';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const client = new pg.Client({ ...server.owner, ssl: false });
  await client.connect();
  await client.query('CREATE TABLE ledger (entry text)');
  await client.end();
});
afterAll(() => server.close());

interface Place {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const leak = readFileSync(join(import.meta.dirname, 'secret-leak.py'), 'utf8');
const send = readFileSync(join(root, 'test/execute/send-sql.mjs'), 'utf8').replace("from 'pg'", `from '${join(root, 'node_modules/pg/esm/index.mjs')}'`);

/** A project with everything in it, also temporary files and caches. */
function makePlace(steps: string, addendum = '', prepare = ''): Place {
  const folder = temporaryFolder();
  for (const name of ['workspace', 'tmp', 'cache', 'home']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'workspace/leak.py'), leak);
  writeFileSync(join(folder, 'workspace/send.mjs'), send);
  writeFileSync(join(folder, 'plan.md'), `# A plan\n\n**Policy:** No manual DB inserts into \`ledger\`.\n\n${steps}`);
  if (addendum !== '') writeFileSync(join(folder, 'plan.addendum.yaml'), `plan: plan.md\n${addendum}`);
  writeFileSync(
    join(folder, 'proofplan.config.yaml'),
    `default: here\nenvironments:\n  here:\n    workspace: workspace\n    database: { env: REAL_DATABASE }\n    prepareOutside: true\n    path: ['${dirname(process.execPath)}']\n    inherit: [INHERITED_TOKEN]\n${prepare}`,
  );
  return {
    folder,
    environment: {
      REAL_DATABASE: renderDatabaseUrl(server.owner),
      token,
      INHERITED_TOKEN: inherited,
      TMPDIR: join(folder, 'tmp'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      NODE_DISABLE_COMPILE_CACHE: '1',
    },
  };
}

const block = (...commands: readonly string[]): string =>
  commands.map((command, index) => `## ${index + 1}. Step\n\n- Do it:\n  \`\`\`bash\n  ${command}\n  \`\`\`\n- **Expected:** exit code 0.\n`).join('\n');
const everything = `python3 leak.py '<token>'`;

/** The same project, given another secret. */
function withToken(text: string, place: Place): Place {
  return { ...place, environment: { ...place.environment, token: text } };
}

async function run({ folder, environment }: Place, ...more: readonly string[]) {
  return startProgram(['run', 'plan.md', '--set-secret', 'token', '--out', 'out', ...more], { cwd: folder, environment }).ended;
}

/** No canary is left in any stream, or in any file that the runner wrote. */
function expectNothingLeft({ folder }: Place, ended: { readonly stdout: string; readonly stderr: string }): void {
  const canaries = [...halves, captured, inherited, server.owner.password];
  const text = (name: 'stdout' | 'stderr'): Buffer => Buffer.from(ended[name]);
  expect(findCanaries(text('stdout'), canaries), 'stdout').toEqual([]);
  expect(findCanaries(text('stderr'), canaries), 'stderr').toEqual([]);
  for (const name of ['out', 'tmp', 'cache', 'home']) if (existsSync(join(folder, name))) expect(searchFolder(join(folder, name), canaries)).toEqual([]);
}

function opened({ folder }: Place): string {
  return join(folder, 'out/latest');
}

function journalOf(place: Place): string {
  return readFileSync(join(opened(place), 'journal.jsonl'), 'utf8');
}

test('the search finds the canary in what the leaking program prints, line by line', () => {
  const { folder } = makePlace('');
  const printed = spawnSync('python3', [join(folder, 'workspace/leak.py'), token], { maxBuffer: 1 << 26 });
  expect(printed.status).toBe(0);
  const whole = printed.stdout.toString('latin1');
  for (const half of halves) expect(findCanaries(printed.stdout, [half])).not.toEqual([]);
  // Lines of one form each: those before the ones that are broken.
  const lines = whole.split('\n').slice(0, 31);
  for (const line of lines) expect([line, findCanaries(Buffer.from(line, 'latin1'), [halves[0]])]).not.toEqual([line, []]);
});

describe('an execution that prints its secrets in every form', () => {
  test('and passes: nothing is left, and claims are judged on what was printed', async () => {
    const place = makePlace(
      [
        block(everything),
        `## 2. Grab\n\n- Do it:\n  \`\`\`bash\n  echo "grabbed: ${captured.slice(0, 7)}""${captured.slice(7)}"; echo ${captured.slice(0, 5)}''${captured.slice(5)} >&2\n  \`\`\`\n- **Expected:** exit code 0.\n- Record the resulting \`grabbed\`.\n`,
        `## 3. Use\n\n- Do it:\n  \`\`\`bash\n  echo "again '<grabbed>' $INHERITED_TOKEN $DATABASE_URL"; env | base64\n  \`\`\`\n- **Expected:** stdout contains \`again\`.\n`,
      ].join('\n'),
      'captures:\n  - { at: Record the resulting `grabbed`, secret: true, label: grabbed }\n',
    );
    const ended = await run(place);
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.anything()]);
    expect(journalOf(place)).toContain('"name":"grabbed"');
    expectNothingLeft(place, ended);
    for (const argv of [
      ['show', 'out/latest', '--json'],
      ['audit', 'show', 'out/latest'],
      ['report', 'out/latest'],
    ]) {
      const shown = await startProgram(argv, { cwd: place.folder, environment: place.environment }).ended;
      expect([argv, shown.exitCode]).toEqual([argv, 0]);
      expectNothingLeft(place, shown);
    }
  });

  test('and fails, with its output in the report', async () => {
    const place = makePlace(block(`python3 leak.py '<token>'; python3 leak.py '<token>' | tail -n 20 >&2; exit 3`));
    const ended = await run(place);
    expect(ended.exitCode).toBe(1);
    expectNothingLeft(place, ended);
  });

  test.each(sampled(['--json', '--quiet'], 2))('with %s', async (option) => {
    const place = makePlace(block(`python3 leak.py '<token>'; exit 3`));
    const ended = await run(place, option);
    expect(ended.exitCode).toBe(1);
    expectNothingLeft(place, ended);
  });

  test('in statements, in errors of the server, in refused statements, in rows', async () => {
    const place = withToken(
      halves.join(''),
      makePlace(
        block(
          `node send.mjs "select '<token>' as shown" "select md5('<token>'), E'<token>', U&'<token>', '<token>' as \\"<token>\\""`,
          `SWALLOW=1 node send.mjs "select '<token>'::integer" 'select "<token>" from ledger' "select 'postgresql://app:$(printf %s other-$INHERITED_TOKEN)@host/x'"`,
          `SWALLOW=1 node send.mjs "insert into ledger values ('<token>')"`,
        ),
      ),
    );
    const ended = await run(place);
    expect([ended.exitCode, ended.stderr]).toEqual([3, expect.anything()]);
    const journal = journalOf(place);
    expect(journal).toContain("select '***'::integer");
    expect(journal).toContain("insert into ledger values ('***')");
    expectNothingLeft(place, ended);
  });

  test('in names of files, of processes that it leaves, and of what changes in the workspace', async () => {
    const place = withToken(
      token.replace('/', '.'),
      makePlace(
        block(
          `touch '<token>.py' "$TMPDIR/"'<token>'; (exec -a 'daemon <token>' sleep 60) > /dev/null 2>&1 &\n  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("create table t (a)")' '<token>.sqlite'`,
        ),
      ),
    );
    const ended = await run(place);
    expect([ended.exitCode, journalOf(place)]).toEqual([expect.any(Number), expect.stringContaining('"leftover":["')]);
    expectNothingLeft(place, ended);
  });
});

describe('an execution that is cut', () => {
  const slow = block(`echo begun; python3 leak.py '<token>'; touch ready; sleep 60`);

  test.each(
    sampled(
      [
        ['SIGINT', 130],
        ['SIGTERM', 143],
        ['SIGKILL', null],
      ] as const,
      2,
    ),
  )('by %s', async (signal, exitCode) => {
    const place = makePlace(slow);
    const { child, ended } = startProgram(['run', 'plan.md', '--set-secret', 'token', '--out', 'out'], { cwd: place.folder, environment: place.environment });
    while (!existsSync(join(place.folder, 'workspace/ready')) && child.exitCode === null) await sleep(50);
    child.kill(signal);
    const end = await ended;
    expect(end.exitCode).toBe(exitCode);
    expectNothingLeft(place, end);
  });

  test('by SIGKILL while it prints what it captures as a secret', async () => {
    const place = makePlace(
      `## 1. Grab\n\n- Do it:\n  \`\`\`bash\n  echo "grabbed: ${captured.slice(0, 7)}""${captured.slice(7)}"; head -c 3000000 /dev/zero | tr '\\0' 'x'; touch ready; sleep 60\n  \`\`\`\n- **Expected:** exit code 0.\n- Record the resulting \`grabbed\`.\n`,
      'captures:\n  - { at: Record the resulting `grabbed`, secret: true, label: grabbed }\n',
    );
    const { child, ended } = startProgram(['run', 'plan.md', '--out', 'out'], { cwd: place.folder, environment: place.environment });
    while (!existsSync(join(place.folder, 'workspace/ready')) && child.exitCode === null) await sleep(50);
    child.kill('SIGKILL');
    expectNothingLeft(place, await ended);
  });
});

describe('before the record opens', () => {
  const simple = block(`echo '<token>'`);

  test.each(
    sampled(
      [
        [
          'a prepare command that fails',
          'echo "$DATABASE_URL $INHERITED_TOKEN"; python3 -c "import os,base64; print(base64.b64encode(os.environ[\'DATABASE_URL\'].encode()).decode())" >&2; exit 3',
          5,
        ],
        ['a prepare command with more output than is kept', 'for i in $(seq 3000); do printf %s "$DATABASE_URL"; done; exit 3', 5],
        ['a prepare command that prints no such line', 'env', 5],
      ],
      2,
    ),
  )('%s', async (_, command, exitCode) => {
    const provides = `    provides: { agent: { from: prepare.0, line: 'Created: <uuid>' } }\n`;
    const place = makePlace(simple, '', `    prepare: [${JSON.stringify(command)}]\n${provides}`.replace(/\[(".*")\]/, '[{ run: $1 }]'));
    const ended = await run(place);
    expect([ended.exitCode, ended.stderr]).toEqual([exitCode, expect.stringContaining('environment/')]);
    expectNothingLeft(place, ended);
  });

  test.each(
    sampled(
      [
        ['a misspelt option', ['--set-secrte', `token=${token}`]],
        ['a misspelt option with its value', [`--set-sceret=token=${token}`]],
        ['a value for nothing', ['--set-secret', `tokn=${token}`]],
        ['two values', ['--set-secret', `token=${token}`, '--set-secret', 'token=another-value']],
        ['a database that cannot be read', ['--set-secret', `token=${token}`, '--database', `postgresql://app:${halves.join('/')}@127.0.0.1:1/app`]],
        ['a database that does not answer', ['--set-secret', `token=${token}`, '--database', `postgresql://app:${halves.join('')}@127.0.0.1:1/app`]],
        ['a password that is refused', ['--set-secret', `token=${token}`, '--database', 'env:WRONG_PASSWORD']],
      ],
      2,
    ),
  )('%s', async (_, options) => {
    const place = makePlace(simple);
    const wrong = renderDatabaseUrl({ ...server.owner, password: halves.join('') });
    const ended = await startProgram(['run', 'plan.md', '--out', 'out', ...options], {
      cwd: place.folder,
      environment: { ...place.environment, token: '', WRONG_PASSWORD: wrong },
    }).ended;
    expect([2, 5]).toContain(ended.exitCode);
    expectNothingLeft(place, ended);
  });

  test('a secret that stands in the plan is refused, because the record keeps the plan', async () => {
    const place = makePlace(block(`echo ${captured} '<token>'`));
    const ended = await startProgram(['run', 'plan.md', '--out', 'out', '--set-secret', `token=${captured}`], {
      cwd: place.folder,
      environment: place.environment,
    }).ended;
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain('execute/secret-in-plan');
    expect(existsSync(join(place.folder, 'out/ledger.jsonl'))).toBe(false);
  });

  test('an input that the plan calls secret is one, whichever option gives it', async () => {
    const place = makePlace(block(everything), 'inputs:\n  token: { type: text, secret: true }\n');
    const ended = await startProgram(['run', 'plan.md', '--out', 'out', '--set', `token=${token}`], {
      cwd: place.folder,
      environment: { ...place.environment, token: '' },
    }).ended;
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.anything()]);
    expectNothingLeft(place, ended);
  });
});

test('no command line of a process shows a secret while a plan is executed', async () => {
  const place = makePlace(block('touch ready; sleep 1'));
  const secret = `--set-secret=token=${token}`;
  const plan = readFileSync(join(place.folder, 'plan.md'), 'utf8').replace('sleep 1', `test -n '<token>'; sleep 1`);
  writeFileSync(join(place.folder, 'plan.md'), plan);
  const { child, ended } = startProgram(['run', 'plan.md', '--out', 'out', secret, '--database', renderDatabaseUrl(server.owner)], {
    cwd: place.folder,
    environment: { ...place.environment, token: '' },
  });
  while (!existsSync(join(place.folder, 'workspace/ready')) && child.exitCode === null) await sleep(20);
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`)];
      } catch {
        return [];
      }
    });
  for (const canary of [...halves, server.owner.password]) expect(lines.filter((line) => line.includes(canary)).map(String)).toEqual([]);
  expect((await ended).exitCode).toBe(0);
});

test('guard: neither its account nor its record', async () => {
  const place = makePlace('');
  const ended = await startProgram(
    [
      'guard',
      '-d',
      'env:REAL_DATABASE',
      '--record',
      'out.ndjson',
      '--',
      'node',
      'workspace/send.mjs',
      `select '${server.owner.password}'`,
      `insert into "${server.owner.password}" values (1)`,
      `select 'postgresql://other:${halves.join('')}@host/x'`,
    ],
    { cwd: place.folder, environment: { ...place.environment, REAL_DATABASE: renderDatabaseUrl(server.owner) } },
  ).ended;
  const record = readFileSync(join(place.folder, 'out.ndjson'));
  expect(record.toString()).toContain('"kind":"closed"');
  const canaries = [server.owner.password, ...halves];
  expect(findCanaries(record, canaries)).toEqual([]);
  expect(findCanaries(Buffer.from(ended.stderr.slice(ended.stderr.lastIndexOf('guard: '))), canaries)).toEqual([]);
});
