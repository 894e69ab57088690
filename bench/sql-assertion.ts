/** An SQL assertion against one bare query on a kept connection, and against a new connection for each. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/environment/embedded-database.ts';
import { startEmbeddedServer } from '../src/environment/embedded-server.ts';
import { proofplan, spread, timeCommand, type Row } from './measure.ts';

// A claim on what stands in the query itself could not fail, and does not compile.
const question = 'SELECT count(*)::integer AS one FROM pg_database WHERE datname = current_database()';
const block = `\`\`\`sql\n${question};\n\`\`\`\n\n**Expected:** \`one = 1\`\n\n`;

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  chmodSync(folder, 0o755);
  const server = (await startEmbeddedServer({ stateFolder: join(folder, 'state'), cacheFolder: join(folder, 'cache') })).value;
  if (!server) throw new Error('no server');
  const owner = (await createDatabase(server, 'bench')).value;
  if (!owner) throw new Error('no database');
  const url = `postgresql://${owner.user}:${owner.password}@${owner.host}:${owner.port}/${owner.database}`;
  writeFileSync(
    join(folder, 'proofplan.config.yaml'),
    'default: bench\nenvironments:\n  bench:\n    workspace: .\n    database: { env: BENCH_DATABASE_URL }\n',
  );
  const time = (steps: number): number => {
    writeFileSync(join(folder, `plan-${steps}.md`), `# Bench\n\n## 1. Queries\n\n${block.repeat(steps)}`);
    return timeCommand(['node', proofplan, 'run', `plan-${steps}.md`, '--quiet', '--out', `out-${steps}`], {
      cwd: folder,
      env: { BENCH_DATABASE_URL: url },
      exitCodes: [0, 4],
    });
  };
  const client = new pg.Client(url);
  await client.connect();
  const kept: number[] = [];
  const fresh: number[] = [];
  for (let repetition = 0; repetition < 5; repetition += 1) {
    let started = performance.now();
    for (let index = 0; index < 300; index += 1) await client.query(question);
    const bare = (performance.now() - started) / 300;
    started = performance.now();
    for (let index = 0; index < 50; index += 1) {
      const one = new pg.Client(url);
      await one.connect();
      await one.query(question);
      await one.end();
    }
    const connecting = (performance.now() - started) / 50;
    const step = (time(310) - time(10)) / 300;
    kept.push(step / bare);
    fresh.push(step / connecting);
  }
  await client.end();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return [
    { what: 'an SQL assertion against a bare query on a kept connection', figure: spread(kept) },
    { what: 'an SQL assertion against a new connection with one query', figure: spread(fresh), aim: 'under 1' },
  ];
}
