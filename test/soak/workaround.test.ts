/** Every line of facts/workarounds.md played against v4 with the real command line: anything but a pass, and the departure named. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRunProof, proofplan, seed, type Ended, type RunOptions, type RunProof } from '../support/run-proof.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/run-proof/backend');
const cli = 'backend/app/hoc/cus/integrations/cus_cli.py';
const runner = 'backend/app/hoc/int/worker/runner.py';
const store = 'backend/app/hoc/int/worker/postgres_trace_store.py';
const coordinator = 'backend/app/hoc/cus/hoc_spine/orchestrator/coordinators/run_proof_coordinator.py';
const tests = 'backend/tests/test_run_introspection_coordinators.py';

// Playgrounds: each has a server of its own, emptied between two cases, so that no case waits for a server.
const idle: RunProof[] = [];
const waiting: ((backend: RunProof) => void)[] = [];
const opened: RunProof[] = [];
beforeAll(async () => {
  for (const _ of [1, 2, 3]) opened.push(await openRunProof());
  idle.push(...opened);
});
afterAll(async () => {
  rmSync('/var/lib/pp-p11x', { recursive: true, force: true });
  await Promise.all(opened.map((backend) => backend.close()));
});

async function borrow<T>(play: (backend: RunProof) => Promise<T>): Promise<T> {
  const backend = idle.pop() ?? (await new Promise<RunProof>((take) => waiting.push(take)));
  const configuration = await readFile(join(backend.folder, 'proofplan.config.yaml'), 'utf8');
  try {
    return await play(backend);
  } finally {
    await writeFile(join(backend.folder, 'proofplan.config.yaml'), configuration);
    for (const name of ['backend', 'out', 'plans', '.git', 'planted']) await rm(join(backend.folder, name), { recursive: true, force: true });
    await cp(fixture, join(backend.folder, 'backend'), { recursive: true, filter: (source) => !/__pycache__|\.pytest_cache|\.aos/.test(source) });
    await mkdir(join(backend.folder, 'plans'));
    const owner = `"${backend.server.owner.user}"`;
    await backend.query(`drop schema public cascade; create schema public authorization ${owner}`);
    const next = waiting.shift();
    if (next) next(backend);
    else idle.push(backend);
  }
}

interface Play {
  readonly plan?: (text: string) => string;
  readonly addendum?: (text: string) => string;
  /** By path below the copy: new content, or how the old one is changed. */
  readonly files?: Readonly<Record<string, string | ((old: string) => string)>>;
  readonly options?: RunOptions | ((backend: RunProof) => RunOptions);
  /** Before the command line is started. */
  readonly version?: 'v2';
  /** On the runner's own embedded server. */
  readonly embedded?: boolean;
  readonly before?: (backend: RunProof) => unknown;
  /** In the middle, when step 3b.1 (`pause`) waits; it goes on afterwards. */
  readonly meanwhile?: (backend: RunProof, execution: string, pid: number) => unknown;
  readonly exit: readonly number[];
  /** What the output must name. */
  readonly names?: RegExp;
  readonly then?: (ended: Ended, backend: RunProof) => unknown;
}

const swap =
  (from: string | RegExp, to: string) =>
  (old: string): string => {
    const changed = old.replace(from, () => to);
    if (changed === old) throw new Error(`nothing to change: ${String(from)}`);
    return changed;
  };
const chain =
  (...edits: readonly ((old: string) => string)[]) =>
  (old: string): string =>
    edits.reduce((text, edit) => edit(text), old);
const fenced = (command: string, language = 'bash'): string => `\`\`\`${language}\n${command}\n\`\`\``;
const stepBefore = (heading: string, title: string, body: string) => swap(heading, `## ${title}\n\n${body}\n\n${heading}`);
/** A step between section 3 and 4. */
const step = (command: string, language?: string) => stepBefore('## 4. RunProofCoordinator', '3b. Another look', fenced(command, language));
const earlyStep = (command: string) => stepBefore('## 2. Customer CLI Run', '1b. Another look', fenced(command));
const pause = step('until [ -e go ]; do sleep 0.05; done\nrm go');
/** A script that sends statements with the step's own address, then prints `done`. */
const sends = (...statements: readonly string[]): string =>
  `import os, psycopg\nwith psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:\n${statements.map((sql) => `    connection.execute(${JSON.stringify(sql)})\n`).join('')}print("done")\n`;
/** Python that is run when the CLI's `run` was done, with `result` and `session` at hand. */
const afterRun = (...lines: readonly string[]) =>
  swap(
    '            result = await RunRunner(session, run.id).execute()\n',
    ['            result = await RunRunner(session, run.id).execute()', ...lines.map((line) => `            ${line}`), ''].join('\n'),
  );
const insertRun = (id: string): string =>
  `INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES ('${id}', 'a', 'g', 'succeeded', 't', 'by-hand')`;
const failingTest = (old: string): string => `${old}\n\ndef test_that_fails():\n    assert False\n`;
/** The real address, read from where a step can find it: an ancestor's environment. */
const roundTheGateway = (sql: string): string => `import os, re, psycopg
pid = os.getpid()
url = None
while pid > 1 and url is None:
    try:
        found = re.search(rb"TEST_DATABASE_URL=([^\\0]+)", open(f"/proc/{pid}/environ", "rb").read())
        url = found and found.group(1).decode()
    except OSError:
        pass
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
assert url, "no real address"
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute(${JSON.stringify(sql)})
print("went round")
`;
/** Its first step fails, and the run is called succeeded all the same. */
const onlyStepFailed = chain(
  swap('status = "failed" if failed else "succeeded"', 'status = "succeeded"'),
  swap('status, category, code = "success", "ok", "OK"', 'status, category, code = "failure", "error", "E"'),
  swap('outcome = SKILLS', 'outcome = {"message": "x"} if True else SKILLS'),
  swap('if failed else None', 'if False else None'),
);
const indented = (text: string, by: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => by + line);

async function play(backend: RunProof, { version, plan, addendum, files, options, embedded, before, meanwhile, exit, names, then }: Play): Promise<Ended> {
  const source = await seed(version ?? 'v4');
  for (const [path, change] of Object.entries(files ?? {})) {
    const place = join(backend.folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, typeof change === 'string' ? change : change(readFileSync(place, 'utf8')));
  }
  const text = (meanwhile ? pause : (old: string) => old)(plan ? plan(source.text) : source.text);
  const path = await backend.writePlan('run-proof-v4', text, addendum ? addendum(source.addendum) : source.addendum);
  if (embedded) {
    const configuration = join(backend.folder, 'proofplan.config.yaml');
    writeFileSync(
      configuration,
      readFileSync(configuration, 'utf8').replaceAll('database: { env: TEST_DATABASE_URL }\n    prepareOutside: true', 'database: embedded'),
    );
  }
  await before?.(backend);
  const started = backend.start(path, typeof options === 'function' ? options(backend) : options);
  if (meanwhile) {
    const execution = await untilPaused(backend, started.child);
    await meanwhile(backend, execution, started.child.pid ?? 0);
    writeFileSync(join(backend.folder, 'backend/go'), '');
  }
  const ended = await started.ended;
  const said = `${ended.stdout}\n${ended.stderr}`;
  const foreign = /SQLite database `\/(?:tmp|var\/tmp|dev\/shm|var\/lib)\/proofplan-(?!canary-p11)[^`]*`/.exec(said);
  if (foreign && !foreign[0].includes(backend.folder)) throw new Foreign(foreign[0]);
  expect(exit, said).toContain(ended.exitCode);
  if (!exit.includes(0)) {
    expect(ended.verdict?.verdict).not.toBe('passed');
    expect(said).not.toMatch(/^\W*passed\b/im);
  }
  if (names) expect(said).toMatch(names);
  await then?.(ended, backend);
  return ended;
}

async function untilPaused(backend: RunProof, child: ReturnType<RunProof['start']>['child']): Promise<string> {
  const latest = join(backend.folder, 'out/latest');
  for (let turn = 0; turn < 600; turn += 1) {
    const journal = await readFile(join(latest, 'journal.jsonl'), 'utf8').catch(() => '');
    if (/"step-started"[^\n]*"3b\.1"|"3b\.1"[^\n]*"step-started"/.test(journal)) return realpathSync(latest);
    if (child.exitCode !== null) break;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return latest;
}

/** A file of another test that runs at the same time was found: the case is played again. */
class Foreign extends Error {}

/** Plays on a fresh playground, until no other test of this machine is in its way. */
async function playAlone(one: Play): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    try {
      await borrow((backend) => play(backend, one));
      return;
    } catch (error) {
      if (!(error instanceof Foreign) || turn === 5) throw error;
    }
  }
}

function table(title: string, cases: Readonly<Record<string, Play>>): void {
  describe(title, () => {
    for (const [name, one] of Object.entries(cases)) test.concurrent(name, () => playAlone(one), 120_000);
  });
}

table('rows and data', {
  'psql -c inside a script file': {
    plan: step('bash extra.sh'),
    files: { 'backend/extra.sh': `psql "$DATABASE_URL" -c "${insertRun('hand')}"\n` },
    exit: [3],
    names: /run-proof-v4\.md:6:/,
  },
  '\\copy in the text': {
    plan: step(`psql "$DATABASE_URL" -c "\\copy runs from rows.csv csv"`),
    files: { 'backend/rows.csv': '' },
    exit: [2, 3],
    names: /COPY/,
  },
  'COPY from a script': {
    plan: step('python3 extra.py'),
    files: {
      'backend/extra.py':
        'import os, psycopg\nwith psycopg.connect(os.environ["DATABASE_URL"]) as c:\n    with c.cursor().copy("COPY runs (id, agent_id, goal, status, tenant_id, origin_system_id) FROM STDIN") as copy:\n        copy.write_row(("x", "a", "g", "succeeded", "t", "o"))\n',
    },
    exit: [3],
    names: /runs/,
  },
  'a function that writes, made by the application beforehand': {
    plan: step('python3 extra.py'),
    files: {
      'backend/extra.py': sends("SELECT register_run('by-function')"),
      'backend/app/migrations/125_drop_origin_system_default.sql': (old) =>
        `${old}\nCREATE FUNCTION register_run(run text) RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'INSERT INTO ru' || 'ns (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES (''by-function'',''a'',''g'',''succeeded'',''t'',''x'')'; END $f$;\n`,
    },
    exit: [3],
    names: /register_run|runs/,
    then: async (_, backend) => expect(await backend.count('runs', "id = 'by-function'")).toBe(0),
  },
  'a tenant made by hand': { plan: earlyStep('python3 -m app.seed tenant other'), exit: [3], names: /tenants/ },
  'a precondition fulfilled by its own check': {
    addendum: swap('run: python3 -m app.migrate check-head', 'run: python3 -m app.migrate upgrade head && python3 -m app.migrate check-head'),
    options: { environment: 'run-proof-before-fix' },
    exit: [2, 3],
    names: /1:1|17:|ALTER TABLE|migrate/,
  },
  'the old run updated and shown as new': {
    before: async (backend) => void (await backend.run('plans/run-proof-v4.md')),
    files: {
      [cli]: chain(
        swap(
          '    run = Run(\n        id=str(uuid.uuid4()),',
          '    old = await (await session.execute("SELECT id FROM runs LIMIT 1")).fetchone()\n    if old:\n        await session.execute("DELETE FROM aos_traces")\n        await session.execute("DELETE FROM runs")\n    run = Run(\n        id=old["id"] if old else str(uuid.uuid4()),',
        ),
      ),
    },
    exit: [1, 3],
    names: /there before|existed before/,
  },
  'a new run made, an old one shown': {
    before: async (backend) => void (await backend.run('plans/run-proof-v4.md')),
    files: {
      [cli]: swap(
        '    for line in result.lines():\n        say(line)',
        '    async with get_session() as session:\n        first = await (await session.execute("SELECT id FROM runs ORDER BY created_at LIMIT 1")).fetchone()\n    for line in result.lines():\n        say(line.replace(run.id, first["id"]))',
      ),
    },
    exit: [1],
    names: /there before|two values/,
  },
  'missing steps filled in by a later step': {
    plan: stepBefore('## 3. Run Record', '2b. Backfill', fenced('python3 extra.py')),
    files: {
      [store]: swap('    async def add_step(self', '    async def add_step(self, step):\n        return\n\n    async def add_step_really(self'),
      'backend/extra.py': sends(
        "INSERT INTO aos_trace_steps (trace_id, run_id, step_index, skill_name, params, status, outcome_category, outcome_code, timestamp) SELECT trace_id, run_id, 0, 'http_call', '{}', 'success', 'ok', 'OK', now() FROM aos_traces",
      ),
    },
    exit: [1, 3],
    names: /aos_trace_steps/,
  },
  'missing steps filled in by the coordinator': {
    files: {
      [coordinator]: swap(
        '        traces = await self._traces(session, tenant_id, run_id)\n',
        `        await session.execute("INSERT INTO aos_trace_steps (trace_id, run_id, step_index, skill_name, params, status, outcome_category, outcome_code, timestamp) SELECT trace_id, run_id, 9, 'http_call', '{}', 'success', 'ok', 'OK', now() FROM aos_traces")\n        await session.commit()\n        traces = await self._traces(session, tenant_id, run_id)\n`,
      ),
    },
    exit: [3],
    names: /aos_trace_steps/,
  },
  'a protective trigger switched off by a step': {
    plan: step('python3 extra.py'),
    files: { 'backend/extra.py': sends('ALTER TABLE runs DISABLE TRIGGER ALL') },
    exit: [3],
    names: /trigger|ALTER TABLE|runs/i,
  },
  'a protective trigger switched off by the CLI': {
    files: {
      [cli]: swap(
        '    await workers_read_driver.insert_run(session, run)',
        '    await session.execute("ALTER TABLE runs DISABLE TRIGGER USER")\n    await workers_read_driver.insert_run(session, run)\n    await session.execute("ALTER TABLE runs ENABLE TRIGGER USER")',
      ),
    },
    exit: [1, 3],
    names: /trigger|ALTER TABLE/i,
  },
  'a protective trigger loosened by the CLI': {
    files: {
      [cli]: swap(
        '    await workers_read_driver.insert_run(session, run)',
        '    await session.execute("DROP TRIGGER trg_runs_origin_system_not_legacy ON runs")\n    await workers_read_driver.insert_run(session, run)',
      ),
    },
    exit: [1, 3],
    names: /trigger/i,
  },
  'an invented origin': {
    files: { [cli]: swap('origin_system_id=args.origin_system_id', 'origin_system_id="cus-cli"') },
    exit: [1],
    names: /origin_system_id/,
  },
  'another tenant': {
    files: { [cli]: swap('tenant_id=args.tenant_id,\n        origin', 'tenant_id="somebody",\n        origin') },
    exit: [1],
    names: /tenant_id/,
  },
  'fresh rows by a trigger of the tested system': {
    files: {
      [store]: swap('    async def add_step(self', '    async def add_step(self, step):\n        return\n\n    async def add_step_really(self'),
      'backend/app/migrations/125_drop_origin_system_default.sql': (old) =>
        `${old}\nCREATE FUNCTION fill_steps() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO aos_trace_steps (trace_id, run_id, step_index, skill_name, params, status, outcome_category, outcome_code, timestamp) VALUES (NEW.trace_id, NEW.run_id, 0, 'http_call', '{}', 'success', 'ok', 'OK', now()); RETURN NEW; END $f$;\nCREATE TRIGGER fill AFTER INSERT ON aos_traces FOR EACH ROW EXECUTE FUNCTION fill_steps();\n`,
    },
    exit: [1, 3, 4],
    names: /aos_trace_steps/,
  },
});

const pytestLine = 'PYTHONPATH=. pytest tests/test_run_introspection_coordinators.py -q';
const hiding = (to: string): Play => ({ plan: swap(pytestLine, to), files: { [tests]: failingTest }, exit: [1, 2, 3, 4], names: /5\.1|:97|hidden|exit code/ });
table('commands', {
  'the CLI replaced by python -c': {
    plan: swap(
      'python3 -m app.hoc.cus.integrations.cus_cli run \\',
      'python3 -c \'import sys; sys.argv[0] = "cus_cli"; from app.hoc.cus.integrations.cus_cli import main; sys.exit(main())\' run \\',
    ),
    exit: [2, 3],
    names: /production|quotation/,
  },
  'a CLI that needs an undeclared variable': {
    files: {
      [cli]: swap(
        'async def run_goal(args: argparse.Namespace) -> None:\n',
        'async def run_goal(args: argparse.Namespace) -> None:\n    import os\n    if os.environ.get("DB_ROLE") != "admin":\n        raise CommandError("no role")\n',
      ),
    },
    options: { variables: { DB_ROLE: 'admin' } },
    exit: [1],
    names: /2\.1/,
  },
  '|| true': hiding(`${pytestLine} || true`),
  '; exit 0': hiding(`${pytestLine}; exit 0`),
  'set +e': hiding(`set +e\n${pytestLine}\necho ok`),
  'a background job': hiding(`${pytestLine} &\nsleep 2`),
  'a pipeline': hiding(`${pytestLine} | sed 's/1 failed, //'`),
  'a pipeline without pipefail': hiding(`set +o pipefail; ${pytestLine} | sed 's/1 failed, //'`),
  'a trap': hiding(`trap 'echo "3 passed in 0.01s"; exit 0' EXIT\n${pytestLine}`),
  'a function named pytest': hiding(`pytest() { echo '3 passed in 0.01s'; }\n${pytestLine}`),
  'PATH set in the command': {
    ...hiding(`PATH=$PWD/planted:$PATH ${pytestLine}`),
    before: (backend) => {
      mkdirSync(join(backend.folder, 'backend/planted'));
      writeFileSync(join(backend.folder, 'backend/planted/pytest'), '#!/bin/sh\necho "3 passed in 0.01s"\n');
      chmodSync(join(backend.folder, 'backend/planted/pytest'), 0o755);
    },
  },
  'a conftest that forges the summary and the exit code': {
    files: {
      [tests]: failingTest,
      'backend/conftest.py': 'import os, sys\n\ndef pytest_unconfigure(config):\n    print("9 passed in 0.01s")\n    sys.stdout.flush()\n    os._exit(0)\n',
    },
    exit: [1, 3, 4],
    names: /5\.1/,
  },
  'every test expected to fail': { files: { [tests]: 'import pytest\n\n@pytest.mark.xfail\ndef test_one():\n    assert False\n' }, exit: [1], names: /5\.1/ },
});

const rgStep = 'rg -n "generate_plan_for_run|RunRunner|tenant-id|origin-system-id" \\\n  backend/app/hoc/cus/integrations/cus_cli.py';
table('SQL and verdicts', {
  'trace_id for run_id': {
    plan: swap("FROM aos_trace_steps\nWHERE run_id = '<run_id>'", "FROM aos_trace_steps\nWHERE trace_id = '<run_id>'"),
    exit: [1, 2],
    names: /step_count|3\.3/,
  },
  'a key that fits everything, with an older run there': {
    before: async (backend) => void (await backend.run('plans/run-proof-v4.md')),
    plan: swap("FROM aos_trace_steps\nWHERE run_id = '<run_id>'", "FROM aos_trace_steps\nWHERE run_id = '<run_id>' OR true"),
    exit: [1, 2, 3, 4],
    names: /3\.[23]|step_count/,
  },
  'status retry': { files: { [runner]: swap('status = "failed" if failed else "succeeded"', 'status = "retry"') }, exit: [1], names: /retry/ },
  'status running': {
    files: { [runner]: swap('        await finish_run(self._session, trace.run_id, status, error, calls)\n', '        status = "running"\n') },
    exit: [1],
    names: /running/,
  },
  'the CLI says succeeded, the row failed': {
    files: {
      [cli]: afterRun('import dataclasses', 'result = dataclasses.replace(result, status="succeeded", error=None)'),
      [runner]: swap('status = "failed" if failed else "succeeded"', 'status = "failed"'),
    },
    exit: [1],
    names: /status/,
  },
  'no step, no trace, and succeeded': {
    files: {
      [cli]: swap(
        'result = await RunRunner(session, run.id).execute()',
        'await session.execute("UPDATE runs SET status = \'succeeded\' WHERE id = %s", (run.id,))\n            await session.commit()\n            result = RunResult(run.id, "succeeded", None, 1)',
      ),
    },
    exit: [1],
    names: /aos_traces|3\.2/,
  },
  'succeeded, and nothing written at all': {
    files: {
      [cli]: swap(
        '    async with get_session() as session:\n        await require_agent',
        '    rid = str(uuid.uuid4())\n    say(f"Run created: {rid}")\n    for line in RunResult(rid, "succeeded", None, 1).lines():\n        say(line)\n    return\n    async with get_session() as session:\n        await require_agent',
      ),
    },
    exit: [1],
    names: /2\.1|runs/,
  },
  'a trace that stays running': {
    files: { [runner]: swap('        await self._store.complete(trace.trace_id, "failed" if failed else "completed", utc_now())\n', '') },
    exit: [1, 4],
    names: /aos_traces|running|3\.2/,
  },
  'an unknown step status read as success': {
    files: {
      [runner]: swap('status, category, code = "success", "ok", "OK"', 'status, category, code = "weird", "ok", "OK"'),
      [coordinator]: swap(
        'assess_integrity(run_id, steps)',
        '(lambda shown: assess_integrity(run_id, shown))([__import__("dataclasses").replace(s, status="success") for s in steps])',
      ),
    },
    exit: [1],
    names: /root_hash|weird/,
  },
  'a coordinator that answers from a note': {
    files: {
      [coordinator]: swap(
        '        traces = await self._traces(session, tenant_id, run_id)\n',
        '        from app.hoc.cus.hoc_spine.orchestrator.coordinators.hash_chain import Integrity\n        return RunProof(run_id, tenant_id, Integrity("HASH_CHAIN", "VERIFIED", 1, "0" * 64, None), [1], [1])\n',
      ),
    },
    exit: [1],
    names: /root_hash/,
  },
  'the plan stored after the steps': {
    files: { [cli]: afterRun('await workers_read_driver.store_plan(session, run.id, plan)', 'await session.commit()') },
    exit: [1, 4],
    names: /plan_json/,
  },
  'Run ID printed twice with two values': {
    files: {
      [cli]: swap(
        '    for line in result.lines():\n        say(line)',
        '    say(f"Run ID: {uuid.uuid4()}")\n    for line in result.lines():\n        say(line)',
      ),
    },
    exit: [1],
    names: /run_id/,
  },
  'the status printed twice': {
    files: {
      [cli]: swap('    for line in result.lines():\n        say(line)', '    for line in result.lines():\n        say(line)\n    say("Status: failed")'),
    },
    exit: [1],
    names: /status/,
  },
  'forged report lines': {
    files: {
      [cli]: afterRun('print("Trace rows: 99\\nTrace step_count: 99\\nPlan JSON stored: true\\nPytest: pass\\nstep_count: 99\\nPASSED", flush=True)'),
      [runner]: swap('status = "failed" if failed else "succeeded"', 'status = "retry"'),
    },
    exit: [1],
    names: /retry/,
    then: ({ verdict }) => expect(verdict?.report.find(({ label }) => /Trace rows/.test(label))?.value ?? null).not.toBe('99'),
  },
  'a wrong count from the coordinator': {
    files: {
      [coordinator]: swap(
        '        return RunProof(run_id, tenant_id, assess_integrity(run_id, steps), traces, steps)',
        '        return RunProof(run_id, tenant_id, assess_integrity(run_id, steps), traces, steps + steps)',
      ),
    },
    exit: [1],
    names: /step_count/,
  },
  'static evidence for a dynamic claim': {
    addendum: (old) => `${old}  - at: Coordinator tests pass.\n    clause: Coordinator tests pass.\n    witness: { rg: 'RunRunner', in: [${cli}] }\n`,
    files: { [tests]: failingTest },
    exit: [1, 2],
    names: /compile\//,
  },
  'a criterion met by another claim': {
    addendum: (old) => `${old}  - at: Coordinator tests pass.\n    clause: Coordinator tests pass.\n    witness: { claim: integrity_model = HASH_CHAIN }\n`,
    plan: swap(fenced(pytestLine), ''),
    exit: [1, 2, 4],
    names: /Coordinator tests pass/,
  },
});

table('process and storage', {
  'a connection round the gateway that writes': {
    plan: step('python3 extra.py'),
    files: { 'backend/extra.py': roundTheGateway(insertRun('round')) },
    exit: [1, 3],
    names: /runs/,
  },
  'a connection round the gateway that tampers with the run': {
    plan: step('python3 extra.py'),
    files: { 'backend/extra.py': roundTheGateway("UPDATE runs SET goal = 'another'") },
    exit: [1, 3],
    names: /runs/,
  },
  'the CLI itself goes round the gateway': {
    files: {
      [cli]: (old) =>
        swap(
          'def main() -> int:\n',
          `def main() -> int:\n${indented(roundTheGateway('SELECT 1').replace('print("went round")', 'os.environ["DATABASE_URL"] = url'), '    ').join('\n')}\n`,
        )(old),
    },
    exit: [1, 3],
    names: /runs|gateway/,
  },
  'a daemon that writes after its step': {
    plan: step('setsid -f env -i DATABASE_URL="$DATABASE_URL" PATH="$PATH" python3 late.py >/dev/null 2>&1 </dev/null\necho started'),
    files: {
      'backend/late.py': `import os, time, psycopg\ntime.sleep(0.3)\nwith psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as c:\n    c.execute("${insertRun('late')}")\n`,
    },
    exit: [1, 3, 5],
    names: /process|token|left/,
    then: async (_, backend) => expect(await backend.count('runs', "id = 'late'")).toBe(0),
  },
  'another database by --set': {
    options: (backend) => ({
      arguments: [
        '--set',
        `db_url=postgresql://${backend.server.owner.user}:${backend.server.owner.password}@${backend.server.owner.host}:${backend.server.owner.port}/postgres`,
      ],
    }),
    exit: [1, 2, 3, 5],
    names: /db_url|database/,
  },
  'another database through the gateway': {
    plan: step('python3 extra.py'),
    files: {
      'backend/extra.py':
        'import os, re, psycopg\nurl = re.sub(r"/[^/?]+(\\?|$)", r"/postgres\\1", os.environ["DATABASE_URL"])\nwith psycopg.connect(url, autocommit=True) as c:\n    c.execute("CREATE TABLE elsewhere (x int)")\n',
    },
    exit: [1, 3],
    names: /database|3b\.1/,
  },
  'the password printed': {
    files: {
      [cli]: afterRun(
        ...roundTheGateway('SELECT 1').replace('print("went round")', 'print("leak", url, url.split(":")[2].split("@")[0], flush=True)').trimEnd().split('\n'),
      ),
    },
    exit: [0, 1, 3],
    then: async (ended, backend) => {
      const found = spawnSync('grep', ['-rlF', backend.server.owner.password, join(backend.folder, 'out')], { encoding: 'utf8' });
      expect(found.stdout).toBe('');
      expect(ended.stdout + ended.stderr).not.toContain(backend.server.owner.password);
    },
  },
  'escape sequences and workflow commands': {
    plan: step("printf '\\033[2J\\033[1;32mpassed\\033[0m\\n::error::planted\\n::stop-commands::x\\n\\033]0;title\\007'; false"),
    exit: [1],
    names: /3b\.1/,
    then: (ended) => {
      expect(ended.stdout + ended.stderr).not.toContain('\u001b[2J');
      expect(ended.stdout + ended.stderr).not.toMatch(/^::(error|stop-commands)/m);
    },
  },
  'the source edited by a step, under version control': {
    before: commit,
    plan: step('sed -i \'s/HASH_CHAIN = .*/HASH_CHAIN = "HASH_CHAIN"  # edited/\' app/hoc/cus/hoc_spine/orchestrator/coordinators/hash_chain.py'),
    exit: [1, 3, 4, 5],
    names: /hash_chain\.py|workspace/,
  },
  'the tests repaired in the middle, then run': {
    before: commit,
    plan: step('python3 fix.py'),
    files: {
      [tests]: failingTest,
      'backend/fix.py': `p = "tests/test_run_introspection_coordinators.py"\ntext = open(p).read()\nopen(p, "w").write(text.replace("assert False", "pass"))\n`,
    },
    exit: [1, 3, 4, 5],
    names: /test_run_introspection|workspace/,
  },
  'the plan edited by a step': { plan: step("sed -i 's/^3. Postgres.*//' ../plans/run-proof-v4.md"), exit: [1, 3, 4, 5], names: /plan/ },
  'the addendum edited by a step': {
    plan: step("sed -i 's/completed//' ../plans/run-proof-v4.addendum.yaml; echo '#' >> ../plans/run-proof-v4.addendum.yaml"),
    exit: [1, 3, 4, 5],
    names: /addendum|plan/,
  },
});

async function commit(backend: RunProof): Promise<void> {
  await writeFile(join(backend.folder, '.gitignore'), '.venv\nout\n__pycache__\n.pytest_cache\n.aos\n.proofplan\ngo\n');
  const git = spawnSync('bash', ['-c', 'git init -q . && git add -A && git -c user.name=t -c user.email=t@t commit -qm x'], {
    cwd: backend.folder,
    encoding: 'utf8',
  });
  expect(git.status, git.stderr).toBe(0);
}

const sqliteBeside = (path: string, more = ''): NonNullable<Play['files']> => ({
  [cli]: afterRun(
    'import sqlite3, os',
    `os.makedirs(os.path.dirname(${JSON.stringify(path)}), exist_ok=True)`,
    `db = sqlite3.connect(${JSON.stringify(path)})`,
    'db.execute("create table if not exists aos_traces (x)")',
    'db.execute("insert into aos_traces values (1)")',
    'db.commit()',
    'db.close()',
    ...(more === '' ? [] : [more]),
  ),
});
describe('traces in a SQLite file beside Postgres', () => {
  test.each(['/var/lib/pp-p11/traces.db', '/run/pp-p11/traces.db', '/mnt/pp-p11/a/b/c/traces.db'])(
    '%s',
    (path) =>
      borrow(async (backend) => {
        try {
          await play(backend, { files: sqliteBeside(path), exit: [3], names: new RegExp(path) });
        } finally {
          rmSync(path, { force: true });
          for (const folder of ['/var/lib/pp-p11', '/var/lib/pp-p11x', '/run/pp-p11', '/mnt/pp-p11', '/usr/local/share/pp-p11'])
            rmSync(folder, { recursive: true, force: true });
        }
      }),
    60_000,
  );
});

const audit = (folder: string): { readonly status: number | null; readonly said: string } => {
  const done = spawnSync(process.execPath, [proofplan, 'audit', 'verify', folder], { encoding: 'utf8' });
  return { status: done.status, said: done.stdout + done.stderr };
};
const journalOf = (folder: string): string => join(folder, 'journal.jsonl');
/** Processes of the step or of a server of the runner's that are left. */
const leftOf = (folder: string): string =>
  spawnSync('bash', ['-c', `for p in /proc/[0-9]*; do [ "$(readlink $p/cwd 2>/dev/null)" = "${folder}/backend" ] && tr '\\0' ' ' < $p/cmdline; done; true`], {
    encoding: 'utf8',
  }).stdout;
const plants =
  (name: string, text: string) =>
  (backend: RunProof): void => {
    const folder = join(backend.folder, 'planted');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
const forging = (variables: (backend: RunProof) => Readonly<Record<string, string>>, before?: Play['before']): Play => ({
  files: { [tests]: failingTest },
  ...(before ? { before } : {}),
  options: (backend) => ({ variables: variables(backend) }),
  exit: [1],
  names: /step 5\.1/,
});
const pathFirst = (backend: RunProof) => ({ PATH: `${backend.folder}/planted:${process.env['PATH']}` });

table('environment of the runner', {
  'a planted pytest': forging(pathFirst, plants('pytest', '#!/bin/sh\necho "3 passed in 0.01s"\n')),
  'a planted python3': forging(pathFirst, plants('python3', '#!/bin/sh\necho "3 passed in 0.01s"\n')),
  'a planted rg': {
    plan: swap(rgStep, rgStep.replace('RunRunner|', 'NoSuchThing|')),
    before: plants('rg', '#!/bin/sh\nprintf "1:generate_plan_for_run\\n2:NoSuchThing\\n3:tenant-id\\n4:origin-system-id\\n"\n'),
    options: (backend) => ({ variables: pathFirst(backend) }),
    exit: [1],
    names: /NoSuchThing/,
  },
  'SHELLOPTS=noexec': forging(() => ({ SHELLOPTS: 'noexec' })),
  BASH_ENV: forging((backend) => ({ BASH_ENV: `${backend.folder}/planted/env` }), plants('env', 'pytest() { echo "3 passed in 0.01s"; }\n')),
  'a function exported to bash': forging(() => ({ 'BASH_FUNC_pytest%%': '() { echo "3 passed in 0.01s"; }' })),
  'PYTHONSTARTUP and PYTHONPATH': forging(
    (backend) => ({ PYTHONSTARTUP: `${backend.folder}/planted/sitecustomize.py`, PYTHONPATH: `${backend.folder}/planted` }),
    plants('sitecustomize.py', 'import os, sys\nif "pytest" in sys.argv[0]:\n    print("3 passed in 0.01s", flush=True)\n    os._exit(0)\n'),
  ),
  PYTEST_ADDOPTS: forging(() => ({ PYTEST_ADDOPTS: '-k "not fails"' })),
  RIPGREP_CONFIG_PATH: {
    plan: swap(rgStep, rgStep.replace('RunRunner|', 'NoSuchThing|')),
    before: plants('rgrc', '--regexp=NoSuch\n--passthru\n'),
    options: (backend) => ({ variables: { RIPGREP_CONFIG_PATH: `${backend.folder}/planted/rgrc` } }),
    exit: [1],
    names: /NoSuchThing/,
  },
  LD_PRELOAD: forging(
    (backend) => ({ LD_PRELOAD: `${backend.folder}/planted/forge.so` }),
    (backend) => {
      plants(
        'forge.c',
        '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n__attribute__((constructor)) static void forge(void) { char b[4096]; FILE *f = fopen("/proc/self/cmdline", "r"); if (!f) return; size_t n = fread(b, 1, 4095, f); fclose(f); for (size_t i = 0; i + 6 < n; i++) if (!memcmp(b + i, "pytest", 6) && !memmem(b, n, "node", 4)) { puts("3 passed in 0.01s"); fflush(stdout); _exit(0); } }\n',
      )(backend);
      spawnSync('gcc', ['-D_GNU_SOURCE', '-shared', '-fPIC', '-o', join(backend.folder, 'planted/forge.so'), join(backend.folder, 'planted/forge.c')]);
    },
  ),
});

table('what holds the record', {
  'the journal deleted': { meanwhile: (_, folder) => rmSync(journalOf(folder)), exit: [5], names: /journal/ },
  'the journal edited': {
    meanwhile: (_, folder) => writeFileSync(journalOf(folder), readFileSync(journalOf(folder), 'utf8').replace('"exitCode":0', '"exitCode":1')),
    exit: [5],
    names: /journal/,
  },
  'the journal replaced by a copy': {
    meanwhile: (_, folder) => {
      writeFileSync(`${journalOf(folder)}.x`, readFileSync(journalOf(folder)));
      renameSync(`${journalOf(folder)}.x`, journalOf(folder));
    },
    exit: [5],
    names: /journal/,
  },
  'a line added by a step': { plan: step('echo "{}" >> ../out/latest/journal.jsonl'), exit: [5], names: /journal/ },
  'a byte of the journal changed by a step': {
    plan: step(
      `python3 -c 'import glob; p = glob.glob("../out/latest/journal.jsonl")[0]; f = open(p, "r+b"); f.seek(300); c = f.read(1); f.seek(300); f.write(b"X" if c != b"X" else b"Y")'`,
    ),
    exit: [5],
    names: /journal/,
  },
  'evidence rewritten by a step': {
    plan: step("for f in ../out/latest/evidence/sha256/*; do printf 'Run ID: forged\\n' > $f; done"),
    exit: [3, 5],
    names: /evidence/,
  },
  'evidence deleted by a step': { plan: step('rm -rf ../out/latest/evidence/sha256/*'), exit: [3, 5], names: /evidence/ },
  'evidence planted by a step': { plan: step('echo planted > ../out/latest/evidence/sha256/$(printf "%064d" 1)'), exit: [0, 3, 5] },
  'the verdict written beforehand by a step': {
    plan: step(`echo '{"verdict":"passed","exitCode":0}' > ../out/latest/verdict.json; false`),
    exit: [1, 5],
    then: ({ verdict }) => expect(verdict?.verdict).not.toBe('passed'),
  },
  'the ledger deleted by a step': { plan: step('find .. -name ledger.jsonl -delete'), exit: [5], names: /ledger/ },
  'another execution put in its place by a step': {
    plan: step('mv ../out/executions/* ../out/elsewhere; mkdir -p ../out/executions'),
    exit: [5],
    names: /journal|folder/,
  },
});

describe('after the end', () => {
  test.concurrent(
    'every later change is told by the audit',
    () =>
      borrow(async (backend) => {
        const ended = await play(backend, { exit: [0] });
        expect(audit(ended.folder).status, audit(ended.folder).said).toBe(0);
        const evidence = join('evidence/sha256', (await readdir(join(ended.folder, 'evidence/sha256')))[0] ?? '');
        const holes: string[] = [];
        for (const name of ['journal.jsonl', 'verdict.json', 'report.md', 'checkpoint', evidence]) {
          const path = join(ended.folder, name);
          const bytes = readFileSync(path);
          for (const [how, changed] of [
            ['a byte', Buffer.concat([bytes.subarray(0, 40), Buffer.from([bytes[40] === 65 ? 66 : 65]), bytes.subarray(41)])],
            ['cut', bytes.subarray(0, -20)],
            ['gone', undefined],
          ] as const) {
            if (changed) writeFileSync(path, changed);
            else rmSync(path);
            if (audit(ended.folder).status === 0) holes.push(`${name}: ${how}`);
            writeFileSync(path, bytes);
          }
        }
        expect(holes).toEqual([]);
      }),
    60_000,
  );
  test.concurrent(
    'failed executions deleted',
    () =>
      borrow(async (backend) => {
        await play(backend, { plan: step('false'), exit: [1] });
        rmSync(join(backend.folder, 'out/executions'), { recursive: true });
        const ended = await play(backend, { exit: [0] });
        expect(ended.stdout).toMatch(/attempt=2/);
      }),
    60_000,
  );
});

table('the run and its rows between two steps, by a superuser', {
  'outcome and cost of a step': {
    meanwhile: (backend) =>
      backend.query(
        "set session_replication_role = replica; update aos_trace_steps set outcome_data = '{}', cost_cents = 7; set session_replication_role = origin",
      ),
    exit: [1, 3],
    names: /aos_trace_steps/,
  },
  'the same steps deleted and written again': {
    meanwhile: (backend) =>
      backend.query(
        'create table kept as select * from aos_trace_steps; delete from aos_trace_steps; insert into aos_trace_steps select * from kept; drop table kept',
      ),
    exit: [1, 3],
    names: /aos_trace_steps/,
  },
  'the status of the run': { meanwhile: (backend) => backend.query("update runs set status = 'failed'"), exit: [1, 3], names: /runs/ },
  'a step more': {
    meanwhile: (backend) =>
      backend.query(
        "insert into aos_trace_steps (trace_id, run_id, step_index, skill_name, params, status, outcome_category, outcome_code, timestamp) select trace_id, run_id, 7, 'x', '{}', 'success', 'ok', 'OK', now() from aos_traces",
      ),
    exit: [1, 3],
    names: /aos_trace_steps/,
  },
});

table('the plan while it runs', {
  'the plan edited': { meanwhile: (backend) => appendFileSync(join(backend.folder, 'plans/run-proof-v4.md'), '\nedited\n'), exit: [1, 3, 4, 5], names: /plan/ },
});

describe('ends', () => {
  test.concurrent.each([
    ['the given database', false],
    ['its own', true],
  ] as const)(
    'kill -9 of the runner on %s: nothing is left, and the journal is no pass',
    (_, embedded) =>
      borrow(async (backend) => {
        await play(backend, { embedded, exit: [-9], meanwhile: (_backend, __, pid) => process.kill(pid, 'SIGKILL') }).catch(() => undefined);
        await new Promise((wait) => setTimeout(wait, 3000));
        const folder = realpathSync(join(backend.folder, 'out/latest'));
        const { status, said } = audit(folder);
        expect(status).not.toBe(0);
        expect(said).not.toMatch(/passed/);
        expect(leftOf(backend.folder)).toBe('');
        expect(existsSync(join(folder, 'verdict.json'))).toBe(false);
      }),
    60_000,
  );
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    test.concurrent(
      name,
      () =>
        borrow(async (backend) => {
          const ended = await play(backend, { meanwhile: (_, __, pid) => process.kill(pid, name), exit: [code] });
          expect(audit(ended.folder).status, audit(ended.folder).said).toBe(0);
          expect(leftOf(backend.folder)).toBe('');
        }),
      60_000,
    );
  test.concurrent.each([['64k'], ['200k']])(
    'a full disk of %s',
    (size) =>
      borrow(async (backend) => {
        const out = join(backend.folder, 'out');
        mkdirSync(out);
        expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', out]).status).toBe(0);
        try {
          await play(backend, { plan: step('head -c 400000 /dev/urandom | base64'), exit: [5], names: /space|journal|evidence/ });
        } finally {
          spawnSync('umount', [out]);
        }
      }),
    60_000,
  );
  test.concurrent(
    'a read-only out folder',
    () =>
      borrow(async (backend) => {
        const out = join(backend.folder, 'out');
        mkdirSync(out);
        expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', out]).status).toBe(0);
        try {
          await play(backend, { exit: [5], names: /out/ });
        } finally {
          spawnSync('umount', [out]);
        }
      }),
    60_000,
  );
  test.concurrent(
    'two executions at once, each on a server of its own',
    () =>
      borrow(async (backend) => {
        const configuration = join(backend.folder, 'proofplan.config.yaml');
        writeFileSync(
          configuration,
          readFileSync(configuration, 'utf8').replaceAll('database: { env: TEST_DATABASE_URL }\n    prepareOutside: true', 'database: embedded'),
        );
        const source = await seed('v4');
        const plan = await backend.writePlan('run-proof-v4', source.text, source.addendum);
        const both = await Promise.all([backend.start(plan).ended, backend.start(plan).ended]);
        expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
        expect(both.map(({ stdout }) => /attempt=(\d)/.exec(stdout)?.[1]).sort()).toEqual(['1', '2']);
      }),
    60_000,
  );
});

table("on the runner's own server", {
  'the CLI opens the server to itself and repairs its trace as superuser': {
    embedded: true,
    files: {
      [runner]: onlyStepFailed,
      [cli]: afterRun(
        'import glob, os, re, signal, time, psycopg',
        'for line in glob.glob("/proc/[0-9]*/cmdline"):',
        '    try:',
        '        words = open(line).read().split("\\0")',
        '        if not words[0].endswith("/postgres") or "-D" not in words or int(line.split("/")[2]) == 0: continue',
        '        data = words[words.index("-D") + 1]',
        '        hba = open(data + "/pg_hba.conf").read()',
        '        open(data + "/pg_hba.conf", "w").write("host all all 127.0.0.1/32 trust\\n" + hba)',
        '        os.kill(int(line.split("/")[2]), signal.SIGHUP)',
        '        time.sleep(0.3)',
        '        for user in ("postgres", "proofplan"):',
        '            for name in ("app", "proofplan", "run-proof"):',
        '                try:',
        '                    with psycopg.connect(host="127.0.0.1", port=int(words[words.index("-p") + 1]), user=user, dbname=name, autocommit=True, connect_timeout=3) as c: c.execute("SET session_replication_role = replica; UPDATE aos_trace_steps SET status = \'success\'")',
        '                except Exception as e: print(user, name, str(e)[:150], flush=True)',
        '        open(data + "/pg_hba.conf", "w").write(hba)',
        '    except OSError: pass',
      ),
    },
    exit: [1, 3, 5],
  },
});

table('plan v2', {
  'status retry': {
    version: 'v2',
    files: { [runner]: swap('status = "failed" if failed else "succeeded"', 'status = "retry"') },
    exit: [1, 4],
    names: /retry/,
  },
  '|| true': { version: 'v2', plan: swap(pytestLine, `${pytestLine} || true`), files: { [tests]: failingTest }, exit: [1, 2, 3, 4], names: /5\.1/ },
});

table('honest variations', {
  'tables made IF NOT EXISTS on start': {
    files: {
      [cli]: swap(
        '    async with get_session() as session:\n        await require_agent',
        '    async with get_session() as session:\n        await session.execute("CREATE TABLE IF NOT EXISTS runs (id text PRIMARY KEY)")\n        await session.execute("CREATE TABLE IF NOT EXISTS tenants (id text)")\n        await session.commit()\n        await require_agent',
      ),
    },
    exit: [0],
  },
  'an audit table of the CLI': {
    files: {
      [cli]: afterRun('await session.execute("INSERT INTO audit_log (what) VALUES (%s)", (run.id,))', 'await session.commit()'),
      'backend/app/migrations/125_drop_origin_system_default.sql': (old) => `${old}\nCREATE TABLE audit_log (id serial, what text);\n`,
    },
    exit: [0],
  },
  'an audit table that the CLI makes itself': {
    files: {
      [cli]: afterRun(
        'await session.execute("CREATE TABLE IF NOT EXISTS audit_log (id serial, what text)")',
        'await session.execute("INSERT INTO audit_log (what) VALUES (%s)", (run.id,))',
        'await session.commit()',
      ),
    },
    exit: [0],
  },
  "five connections and a pool's reset": {
    files: {
      [cli]: afterRun(
        'for _ in range(5):',
        '    async with get_session() as other:',
        '        await other.execute("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;")',
        '        await other.commit()',
      ),
    },
    exit: [0],
  },
  "a pool's reset and catalogue reads in every session": {
    files: {
      'backend/app/db.py': swap(
        '        yield session\n',
        '        await session.execute("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;")\n        await session.execute("SET statement_timeout = \'30s\'")\n        await session.execute("SELECT relname FROM pg_catalog.pg_class LIMIT 5")\n        await session.commit()\n        yield session\n',
      ),
    },
    exit: [0],
  },
  'the canary of another execution at the same time': {
    meanwhile: async () => {
      mkdirSync('/tmp/proofplan-canary-p11', { recursive: true });
      writeFileSync('/tmp/proofplan-canary-p11/canary.db', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(496)]));
    },
    then: () => rmSync('/tmp/proofplan-canary-p11', { recursive: true }),
    exit: [0],
  },
  'extra lines': {
    files: {
      [cli]: afterRun('print("2026-11-21 INFO connecting\\n\\nnote: \\u2713 done\\nDuration: 3 ms", flush=True)', 'print("warning: slow", file=sys.stderr)'),
    },
    exit: [0],
  },
  'an error that the application swallows': {
    files: {
      [cli]: afterRun(
        'try:',
        '    await session.execute("INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES (%s, %s, %s, %s, %s, %s)", (run.id, run.agent_id, "g", "queued", run.tenant_id, "x"))',
        'except Exception:',
        '    await session.rollback()',
      ),
    },
    exit: [0],
  },
  'a run that ends as failed': { files: { [runner]: swap('planned["skill"]', '"no_such_skill"') }, exit: [0] },
  'an update of the run by every step': {
    files: {
      [runner]: swap(
        '            await self._store.add_step(step)\n',
        '            await self._store.add_step(step)\n            await self._session.execute("UPDATE runs SET attempts = attempts + 0 WHERE id = %s", (trace.run_id,))\n            await self._session.commit()\n',
      ),
    },
    exit: [0],
  },
  "caches under version control's eyes": { before: commit, exit: [0], then: (ended) => expect(ended.stdout + ended.stderr).not.toMatch(/changed files/) },
});
