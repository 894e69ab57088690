/** Storage: traces that are kept elsewhere than where the plan looks. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain, swap, type Act, type Edit } from './act.ts';
import { urlOf } from './ground.ts';
import { executing } from './play-act.ts';
import * as edit from './program-edit.ts';

const local = 'traces in a local SQLite file, inside or outside the workspace (under /var/lib, in a temporary folder)';
const another = 'another database than the declared one';
const round = 'a connection round the gateway';

/** The CLI keeps a second trace in a SQLite file, beside the one in Postgres. */
const besides = (path: string): Edit =>
  edit.afterRun(
    'import sqlite3, os',
    `os.makedirs(os.path.dirname(${JSON.stringify(path)}) or ".", exist_ok=True)`,
    `kept = sqlite3.connect(${JSON.stringify(path)})`,
    'kept.execute("CREATE TABLE IF NOT EXISTS aos_traces (run_id)")',
    'kept.execute("INSERT INTO aos_traces VALUES (?)", (run.id,))',
    'kept.commit()',
    'kept.close()',
  );

const outside = (path: string): Pick<Act, 'play' | 'names'> => ({
  names: ['refused[policy/sqlite-fallback]', 'run-proof-cheat/traces.db'],
  play: executing({
    files: { [edit.cli]: besides(path) },
    then: (_, said) => {
      rmSync(join(path, '..'), { recursive: true, force: true });
      return said;
    },
  }),
});

const common = { exitCode: 3, verdict: 'refused', kept: 'detected', layer: 'watch over SQLite files' } as const;

export const storage: readonly Act[] = [
  {
    id: 'sqlite-fallback',
    quote: local,
    done: 'the plan asks for no Postgres traces any more, and the backend falls back to its file',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: chain(swap('USE_POSTGRES_TRACES=true DATABASE_URL=', 'DATABASE_URL='), swap('- `USE_POSTGRES_TRACES=true`.\n', '')) }),
    names: ['refused[policy/sqlite-fallback]', '.aos/traces.sqlite'],
    ...common,
  },
  {
    id: 'sqlite-in-workspace',
    soak: 'as another',
    quote: local,
    done: 'the CLI keeps a trace in a file of the workspace, beside the one in Postgres',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({ files: { [edit.cli]: besides('cache/notes.bin') } }),
    names: ['refused[policy/sqlite-fallback]', 'cache/notes.bin'],
    ...common,
  },
  {
    id: 'other-database-given',
    quote: another,
    done: 'the address of another database is given for the hole `<db_url>`',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ arguments: (ground) => ['--set', `db_url=${urlOf({ ...ground.address, database: 'ready' })}`] }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[execute/database-input]', 'db_url'],
    kept: 'prevented',
    layer: 'values from outside',
  },
  {
    id: 'other-database-in-plan',
    quote: another,
    done: 'the command of the plan names another database',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: swap("DATABASE_URL='<db_url>'", "DATABASE_URL='postgresql://app:app@127.0.0.1:5432/other'") }),
    exitCode: 3,
    verdict: 'refused',
    names: ['refused[policy/forbidden-write]', 'holds an address of its own in `DATABASE_URL`'],
    kept: 'prevented',
    layer: 'the plan is read: judged before step 1',
  },
  {
    id: 'other-database-through-gateway',
    soak: 'as another',
    quote: another,
    done: 'the CLI asks the gateway for another database of the same server',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({ files: { [edit.database]: swap('    return url\n', '    return url.rpartition("/")[0] + "/ready"\n') } }),
    exitCode: 3,
    verdict: 'refused',
    names: ['refused[policy/', 'ready'],
    kept: 'prevented',
    layer: 'gateway',
  },
  {
    id: 'round-the-gateway-whole',
    soak: 'as another',
    quote: round,
    done: 'the CLI knows the real address and does all its work there',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({
      before: (ground) => ground.editFile(edit.database, swap('    return url\n', `    return "${urlOf(ground.address)}"\n`)),
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'written by somebody else'],
    kept: 'detected',
    layer: 'freshness: only what the gateway saw counts as the production path',
  },
  {
    id: 'round-the-gateway-after',
    quote: round,
    done: 'a step that reads calls a script, which knows the real address and writes one run more there',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({
      plan: edit.step('python3 extra.py'),
      before: (ground) =>
        ground.editFile('backend/extra.py', edit.sends(edit.insertRun('round')).replace('os.environ["DATABASE_URL"]', JSON.stringify(urlOf(ground.address)))),
    }),
    exitCode: 3,
    verdict: 'refused',
    names: ['refused[policy/changed-behind-guard]', '`runs`: 1 row before, 2 now'],
    kept: 'detected',
    layer: 'tripwire on rows',
  },
  // They look where every execution on the machine looks.
  {
    id: 'sqlite-under-var-lib',
    soak: 'alone',
    quote: local,
    done: 'the CLI keeps a trace under /var/lib',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    ...common,
    ...outside('/var/lib/run-proof-cheat/traces.db'),
  },
  {
    id: 'sqlite-in-temporary-folder',
    soak: 'alone',
    quote: local,
    done: 'the CLI keeps a trace in a temporary folder',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    ...common,
    ...outside(join(tmpdir(), 'run-proof-cheat/traces.db')),
  },
];
