/** Known ways round the two seed plans, each in an execution of the whole plan; in smaller scenes: test/cheating. */
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRunProof, proofplan, seed, type Ended, type RunProof } from '../support/run-proof.ts';
import { expectNoPass, expectVerified, outcomes, withStep } from '../support/run-proof-check.ts';

let backend: RunProof;
beforeEach(async () => {
  backend = await openRunProof();
});
afterEach(() => backend.close());

const insert = (id: string): string =>
  `INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES ('${id}', 'a', 'g', 'succeeded', 't', 'by-hand')`;

describe('an insert into `runs` from anywhere but the production path', () => {
  const expectRefused = async (ended: Ended, id: string): Promise<void> => {
    expectNoPass(ended, 3);
    expect(ended.verdict?.verdict).toBe('refused');
    expect(await backend.count('runs', `id = '${id}'`)).toBe(0);
    expect(outcomes(ended)['5.1']).toBe('not run');
    // The message points at the policy's sentence.
    expect(ended.stderr + ended.stdout).toMatch(/plans\/\S+\.md:6:/);
    expect(ended.verdict?.decisions.some((decision) => decision.effect === 'refuse')).toBe(true);
    expectVerified(ended);
  };

  test.each([
    ['an sql block', `\`\`\`sql\n${insert('by-sql')};\n\`\`\``, 'by-sql'],
    ['psql in a here-document', `\`\`\`bash\npsql "$DATABASE_URL" <<'SQL'\n${insert('by-psql')};\nSQL\n\`\`\``, 'by-psql'],
    ['a plpgsql DO block', `\`\`\`sql\nDO $$ BEGIN ${insert('by-do')}; END $$;\n\`\`\``, 'by-do'],
  ])('%s is refused before step 1', async (_, fence, id) => {
    const { text, addendum } = await seed('v4');
    const plan = await backend.writePlan('insert', withStep(text, fence), addendum);
    const checked = spawnSync(process.execPath, [proofplan, 'check', plan], { cwd: backend.folder, encoding: 'utf8' });
    expect(checked.status, checked.stderr).toBe(2);
    expect(checked.stderr + checked.stdout).toContain('refused[policy/forbidden-write]');
    const ended = await backend.run(plan);
    await expectRefused(ended, id);
    expect(outcomes(ended)['2.1']).toBe('not run');
  });

  const script = (statements: readonly string[]): string =>
    `import os, psycopg\nwith psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:\n${statements.map((statement) => `    connection.execute(${JSON.stringify(statement)})\n`).join('')}print("done")\n`;

  test.each([
    ['Python with psycopg in a script file', [insert('by-script')], 'by-script'],
    [
      'a DO block that a script sends',
      [
        `DO $$ BEGIN EXECUTE 'INSERT INTO ru' || 'ns (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES (''by-dynamic'',''a'',''g'',''succeeded'',''t'',''x'')'; END $$`,
      ],
      'by-dynamic',
    ],
  ])('%s is refused by the gateway', async (_, statements, id) => {
    const { text, addendum } = await seed('v4');
    await writeFile(join(backend.folder, 'backend/extra.py'), script(statements));
    const ended = await backend.run(await backend.writePlan('script', withStep(text, '```bash\npython3 extra.py\n```'), addendum));
    await expectRefused(ended, id);
    expect(outcomes(ended)['2.1']).toBe('completed');
  });

  test('a view with an INSTEAD OF trigger is refused by the gateway', async () => {
    const { text, addendum } = await seed('v4');
    await writeFile(join(backend.folder, 'backend/extra.py'), script(["INSERT INTO run_inbox (id) VALUES ('by-view')"]));
    await writeFile(
      join(backend.folder, 'backend/app/inbox.py'),
      `import os, psycopg\nwith psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:\n    connection.execute("CREATE VIEW run_inbox AS SELECT id FROM runs")\n    connection.execute("CREATE FUNCTION inbox_to_runs() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES (NEW.id, 'a', 'g', 'succeeded', 't', 'x'); RETURN NEW; END $f$")\n    connection.execute("CREATE TRIGGER run_inbox_trg INSTEAD OF INSERT ON run_inbox FOR EACH ROW EXECUTE FUNCTION inbox_to_runs()")\n`,
    );
    const config = join(backend.folder, 'proofplan.config.yaml');
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replaceAll(
        '      - { run: python -m app.seed tenant run-proof, workingDirectory: backend }',
        '      - { run: python -m app.seed tenant run-proof && python -m app.inbox, workingDirectory: backend }',
      ),
    );
    const ended = await backend.run(await backend.writePlan('view', withStep(text, '```bash\npython3 extra.py\n```'), addendum));
    await expectRefused(ended, 'by-view');
    // Without the guard the same statement takes effect.
    await backend.query("INSERT INTO run_inbox (id) VALUES ('directly')");
    expect(await backend.count('runs', "id = 'directly'")).toBe(1);
  });

  test('psql beside the CLI in the block of section 2 does not compile', async () => {
    const { text, addendum } = await seed('v4');
    const ended = await backend.run(
      await backend.writePlan('beside', text.replace('  --verbose\n```', `  --verbose\npsql "$DATABASE_URL" -c "${insert('beside')}"\n\`\`\``), addendum),
    );
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain('compile/production-path-not-simple');
  });
});

describe('the SQLite fallback', () => {
  const without = (text: string): string => text.replace('PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL=', 'PYTHONPATH=. DATABASE_URL=');

  test('the precondition is judged on the text, blocks, and never sets the variable', async () => {
    const { text, addendum } = await seed('v4');
    const ended = await backend.run(await backend.writePlan('unset', without(text), addendum), { variables: { USE_POSTGRES_TRACES: 'true' } });
    expectNoPass(ended, 4);
    expect(ended.verdict?.verdict).toBe('unproven');
    expect(ended.verdict?.reason).toContain('USE_POSTGRES_TRACES');
    expect(outcomes(ended)['2.1']).not.toBe('completed');
    expect(await backend.count('runs')).toBe(0);
    expectVerified(ended);
  });

  // Outside the workspace: test/alone/sqlite-outside.test.ts.
  test('without the precondition the file is found, and named', async () => {
    const { text, addendum } = await seed('v4');
    const ended = await backend.run(await backend.writePlan('fallback', without(text).replace('- `USE_POSTGRES_TRACES=true`.\n', ''), addendum));
    expectNoPass(ended, 3);
    expect(ended.stderr + ended.stdout).toContain('traces.sqlite');
    expectVerified(ended);
  });
});

describe('evidence that is not evidence', () => {
  test('rows seeded beforehand and a CLI that prints the old id', async () => {
    const { text, addendum } = await seed('v4');
    const first = await backend.run(await backend.writePlan('first', text, addendum));
    expect(first.exitCode, first.stderr).toBe(0);
    const [old] = await backend.query('select id from runs');
    const cli = join(backend.folder, 'backend/app/hoc/cus/integrations/cus_cli.py');
    const source = await readFile(cli, 'utf8');
    await writeFile(
      cli,
      source.replace(
        '    async with get_session() as session:\n        await require_agent',
        `    say("Run ID: ${String(old?.['id'])}")\n    say("Status: succeeded")\n    return\n    async with get_session() as session:\n        await require_agent`,
      ),
    );
    const ended = await backend.run('plans/first.md');
    expectNoPass(ended, 1);
    expect(ended.verdict?.expectations.find((expectation) => /new|fresh/.test(expectation.text))?.verdict).toBe('failed');
    expect(ended.stdout + ended.stderr).toMatch(/attempt=2/);
    expectVerified(ended);
  });

  test('a coordinator that prints VERIFIED for a wrong root', async () => {
    const { text, addendum } = await seed('v4');
    const coordinators = join(backend.folder, 'backend/app/hoc/cus/hoc_spine/orchestrator/coordinators');
    for (const name of await readdir(coordinators)) {
      if (!name.endsWith('.py')) continue;
      const path = join(coordinators, name);
      await writeFile(path, (await readFile(path, 'utf8')).replaceAll('.hexdigest()', '.hexdigest()[::-1]'));
    }
    const ended = await backend.run(await backend.writePlan('liar', text, addendum));
    expectNoPass(ended, 1);
    expect(ended.stderr + ended.stdout).toMatch(/root_hash|hash.chain/);
    expectVerified(ended);
  });

  const waiting = '```bash\nuntil [ -e go ]; do sleep 0.05; done\n```';
  const between = (text: string): string =>
    text.replace('## 4. RunProofCoordinator Validation', () => `## 3b. Pause\n\n${waiting}\n\n## 4. RunProofCoordinator Validation`);
  const untilStep = async (started: ReturnType<RunProof['start']>, pattern: RegExp): Promise<void> => {
    for (;;) {
      const rows = await backend.query("select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'");
      const text = await readFile(join(backend.folder, 'out/latest/journal.jsonl'), 'utf8').catch(() => '');
      if (pattern.test(text)) return;
      if (started.child.exitCode !== null || rows.length === 0) return;
      await new Promise((wait) => setTimeout(wait, 50));
    }
  };

  test('stored steps tampered with between section 2 and 4', async () => {
    const { text, addendum } = await seed('v4');
    const started = backend.start(await backend.writePlan('tamper', between(text), addendum));
    await untilStep(started, /"step-started"[^\n]*3b\.1|3b\.1[^\n]*"step-started"/);
    await backend.query('delete from aos_trace_steps where step_index = (select max(step_index) from aos_trace_steps)');
    await writeFile(join(backend.folder, 'backend/go'), '');
    const ended = await started.ended;
    expectNoPass(ended, 1, 3);
    expectVerified(ended);
  });

  test('the database dies in the middle: exit 5, the journal closed, the step named', async () => {
    const { text, addendum } = await seed('v4');
    const started = backend.start(await backend.writePlan('dies', between(text), addendum));
    await untilStep(started, /"step-started"[^\n]*3b\.1|3b\.1[^\n]*"step-started"/);
    await backend.server.close();
    await writeFile(join(backend.folder, 'backend/go'), '');
    const ended = await started.ended;
    expectNoPass(ended, 5);
    expect(ended.verdict?.verdict).toBe('error');
    expect(ended.stderr + ended.stdout).toMatch(/step (3b\.1|4\.1)/);
    expectVerified(ended);
  });

  const tests = 'backend/tests/test_run_introspection_coordinators.py';
  test.each([
    ['zero tests collected', 'def check_nothing():\n    pass\n'],
    ['all tests skipped', 'import pytest\n\n@pytest.mark.skip\ndef test_one():\n    pass\n'],
    ['a printed summary, and no test', 'print("3 passed in 0.01s")\n'],
  ])('pytest: %s', async (_, source) => {
    const { text, addendum } = await seed('v4');
    await writeFile(join(backend.folder, tests), source);
    const ended = await backend.run(await backend.writePlan('pytest', text, addendum));
    expectNoPass(ended, 1);
    expect(ended.verdict?.expectations.some((expectation) => expectation.step === '5.1' && expectation.verdict === 'failed')).toBe(true);
    expectVerified(ended);
  });

  test('the rg pattern matches one alternative of four', async () => {
    const { text, addendum } = await seed('v4');
    const plan = text.replace('"generate_plan_for_run|RunRunner|tenant-id|origin-system-id"', '"generate_plan_for_run|NoSuchThing|tenant-no|origin-no"');
    const ended = await backend.run(await backend.writePlan('rg', plan, addendum));
    expectNoPass(ended, 1);
    expect(ended.verdict?.expectations.find((expectation) => expectation.step === '1.6')?.verdict).toBe('failed');
  });

  test('a file that does not exist is no absence', async () => {
    const { text, addendum } = await seed('v4');
    await rm(join(backend.folder, 'backend/app/hoc/int/integrations/int_cli.py'));
    const ended = await backend.run(await backend.writePlan('absent', text, addendum));
    expectNoPass(ended, 1, 5);
    expect(ended.stderr + ended.stdout).toContain('int_cli.py');
  });
});

test('the support would see a pass: an edited copy of v4 without harm passes', async () => {
  const { text, addendum } = await seed('v4');
  await mkdir(join(backend.folder, 'notes'));
  await appendFile(join(backend.folder, 'notes/read.me'), 'nothing');
  const ended = await backend.run(await backend.writePlan('harmless', withStep(text, '```bash\necho unharmed\n```'), addendum));
  expect(ended.exitCode, ended.stderr).toBe(0);
});

// The control: what is refused above is refused for its harm.
test('an edited copy of v4 without harm passes', async () => {
  const { text, addendum } = await seed('v4');
  await mkdir(join(backend.folder, 'notes'));
  await appendFile(join(backend.folder, 'notes/read.me'), 'nothing');
  const ended = await backend.run(await backend.writePlan('harmless', withStep(text, '```bash\necho unharmed\n```'), addendum));
  expect(ended.exitCode, ended.stderr).toBe(0);
});
