/**
 * The playground: each attack is played in a plain shell, where it must succeed, and with the real command line. What took effect
 * is looked at from outside: rows by the database's superuser, files on the disk, processes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { startTestServer } from '../support/postgres.ts';
import { failing, honest, honestTests, importScript, planOf, schema, type ShellAttack } from './shell-attack.ts';
import type { Played } from './shell-attack-outcome.ts';

const repository = resolve(import.meta.dirname, '../..');
const virtualEnvironment = join(repository, 'fixtures/run-proof/.venv/bin');

/** A view of the file system in which bubblewrap is no program. */
const withoutBubblewrap = [
  'unshare',
  ...(process.getuid?.() === 0 ? ['-m'] : ['-rm']),
  'sh',
  '-c',
  'for each in /usr/bin/bwrap /bin/bwrap /usr/local/bin/bwrap; do [ ! -e "$each" ] || mount --bind /dev/null "$each"; done; exec "$@"',
  'sh',
];

interface Playground {
  readonly folder: string;
  /** In a plain shell, with the real address: did it take effect? */
  readonly plain: (attack: ShellAttack) => Promise<boolean>;
  /** `isolated: false`: on a machine without bubblewrap. */
  readonly play: (attack: ShellAttack, isolated?: boolean) => Promise<Played>;
  readonly close: () => Promise<void>;
}

/** A folder, a server and a copy of the tool, emptied between two plays. */
async function openPlayground(): Promise<Playground> {
  const server = await startTestServer();
  // On the disk and not in memory: an attack that fills it must not fill the machine's memory.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'proofplan-shell-')));
  const tool = join(folder, 'tool');
  await mkdir(tool);
  await cp(join(repository, 'dist'), join(tool, 'whole'), { recursive: true });
  await cp(join(repository, 'package.json'), join(tool, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(tool, 'node_modules'));
  const superuser = new Client({ ...server.superuser });
  superuser.on('error', () => undefined);
  await superuser.connect();
  const workspace = join(folder, 'work');

  const { host, port, user, password, database } = server.owner;
  const places: Readonly<Record<string, string>> = {
    PLAY: folder,
    DB_HOST: host,
    DB_PORT: String(port),
    DB_USER: user,
    DB_PASSWORD: password,
    DB_NAME: database,
    OLD_PATH: process.env['PATH'] ?? '',
  };
  /** The folder and the real address stand in the texts of an attack as `$PLAY`, `$DB_HOST` and so on. */
  const fill = (text: string): string => text.replace(/\$(PLAY|DB_[A-Z]+|OLD_PATH)\b/g, (_, name: string) => places[name] ?? '');
  /** An attack may have made files that cannot be removed. */
  const undo = (): void => {
    spawnSync('chattr', ['-R', '-i', folder]);
    spawnSync('umount', [join(folder, 'out')]);
  };
  const prepare = async (attack: ShellAttack): Promise<void> => {
    undo();
    for (const name of readdirSync(folder)) if (name !== 'tool') await rm(join(folder, name), { recursive: true, force: true });
    // An attack may have been after the tool.
    await rm(join(tool, 'dist'), { recursive: true, force: true });
    await cp(join(tool, 'whole'), join(tool, 'dist'), { recursive: true });
    for (const name of ['work', 'tmp', 'home']) await mkdir(join(folder, name));
    // An embedded server under root belongs to a system user, who must get there.
    await chmod(folder, 0o755);
    await superuser.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION "${server.owner.user}"`);
    await superuser.query(`SET ROLE "${server.owner.user}"`);
    await superuser.query(schema);
    await superuser.query('RESET ROLE');
    const files = { import: importScript, 'test_import.py': failing, 'schema.sql': schema, ...attack.files };
    for (const [path, content] of Object.entries(files)) {
      const place = resolve(workspace, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, fill(content), content.startsWith('#!') ? { mode: 0o755 } : {});
    }
    if (attack.outside !== undefined) {
      const made = spawnSync('bash', ['-ec', fill(attack.outside)], { cwd: workspace, env: { ...process.env, PLAY: folder }, encoding: 'utf8' });
      if (made.status !== 0) throw new Error(`${attack.name}: what stands outside failed: ${made.stderr}`);
    }
    await writeFile(join(folder, 'plan.md'), fill(planOf(attack)));
    await writeFile(join(folder, 'proofplan.config.yaml'), fill(configurationOf(attack, workspace)));
  };
  const variablesOf = (attack: ShellAttack): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(attack.variables ?? {}).map(([name, value]) => [name, fill(value)]));
  const environment = {
    PATH: `${virtualEnvironment}:${process.env['PATH'] ?? ''}`,
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'tmp'),
    XDG_CACHE_HOME: join(tmpdir(), `proofplan-test-cache-${process.getuid?.()}`),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    TEST_DATABASE_URL: `${renderDatabaseUrl(server.owner)}`,
    PLAY: folder,
  };
  const tookEffect = async (attack: ShellAttack, exitCode: number | null): Promise<boolean> => {
    if (attack.effect === 'pass') return exitCode === 0;
    if (attack.effect === 'row') {
      if (existsSync(join(workspace, 'took-effect'))) return true;
      const found = await superuser.query(`SELECT 1 FROM runs WHERE id <> $1 OR note <> 'by the program'`, [honest]);
      return found.rows.length > 0;
    }
    return spawnSync('bash', ['-c', attack.effect], { cwd: folder, env: { ...environment, PLAY: folder } }).status === 0;
  };

  return {
    folder,
    plain: async (attack) => {
      await prepare(attack);
      await superuser.query(`INSERT INTO runs VALUES ($1, 'by the program')`, [honest]);
      await pretendRecord(folder);
      const tests = attack.block ?? (attack.tests === true ? honestTests : '');
      const text = attack.plain ?? [attack.first, attack.step, attack.later, tests].filter((block) => block !== undefined && block !== '').join('\n');
      await writeFile(join(folder, 'attack.sh'), fill(text));
      // The outer shell stands for whoever starts the step: it holds the address in its environment.
      const exitCode = await ended(
        spawn('bash', ['-c', `bash "$PLAY/attack.sh"; code=$?; sleep 0.1; exit $code`], {
          cwd: workspace,
          env: { ...environment, DATABASE_URL: environment.TEST_DATABASE_URL, ...variablesOf(attack) },
          stdio: 'ignore',
          detached: true,
        }),
      );
      await new Promise((wait) => setTimeout(wait, attack.later === undefined ? 200 : 1200));
      return tookEffect(attack, exitCode.exitCode);
    },
    play: async (attack, isolated = true) => {
      await prepare(attack);
      const call = [process.execPath, join(tool, 'dist/proofplan.js'), 'run', 'plan.md', '--out', 'out', '--timeout', '20s'];
      const [program = '', ...rest] = isolated ? call : [...withoutBubblewrap, ...call];
      const child = spawn(program, rest, { cwd: folder, env: { ...environment, ...variablesOf(attack) }, stdio: ['ignore', 'pipe', 'pipe'] });
      const { exitCode, said } = await ended(child);
      await new Promise((wait) => setTimeout(wait, 300));
      const record = await realpath(join(folder, 'out/latest')).catch(() => undefined);
      const events = record === undefined ? [] : await readEvents(record);
      const verdict =
        record === undefined
          ? undefined
          : await readFile(join(record, 'verdict.json'), 'utf8')
              .then((text) => (JSON.parse(text) as { verdict: string }).verdict)
              .catch(() => undefined);
      const of = <T>(kind: string): readonly T[] => events.flatMap((event) => (event.kind === kind ? [event.data as T] : []));
      const audit =
        record === undefined ? null : spawnSync(process.execPath, [join(tool, 'whole/proofplan.js'), 'audit', 'verify', record], { env: environment }).status;
      return {
        exitCode,
        said,
        verdict,
        decisions: of('decision'),
        tripwires: of('tripwire'),
        codes: [...new Set(Array.from(said.matchAll(/^(?:error|failed|refused|unproven|warning)\[([a-z/-]+)\]/gm), ([, code]) => code ?? ''))],
        tookEffect: await tookEffect(attack, exitCode),
        audit,
      };
    },
    close: async () => {
      await superuser.end().catch(() => undefined);
      await server.close();
      undo();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configurationOf(attack: ShellAttack, workspace: string): string {
  const database = attack.embedded === true ? 'embedded' : '{ env: TEST_DATABASE_URL }';
  const prepare = attack.embedded === true ? '\n    prepare:\n      - { run: psql -qX "$DATABASE_URL" -f schema.sql }' : '';
  return `default: play\nenvironments:\n  play:\n    workspace: ${JSON.stringify(workspace)}\n    database: ${database}\n    path: [${attack.path === undefined ? '' : `${JSON.stringify(attack.path)}, `}${JSON.stringify(virtualEnvironment)}]${prepare}\n`;
}

/** What an execution leaves, so that a plain shell has something to write on. */
async function pretendRecord(folder: string): Promise<void> {
  const latest = join(folder, 'out/executions/one');
  await mkdir(join(latest, 'evidence/sha256'), { recursive: true });
  await symlink('executions/one', join(folder, 'out/latest'));
  for (const name of ['journal.jsonl', 'checkpoint', 'evidence/sha256/abc', '../../ledger.jsonl']) await writeFile(join(latest, name), '{}\n');
}

function ended(child: ReturnType<typeof spawn>): Promise<{ readonly exitCode: number | null; readonly said: string }> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((finish, reject) => {
    child.once('error', reject);
    child.once(child.stdout === null ? 'exit' : 'close', (exitCode: number | null) => finish({ exitCode, said: Buffer.concat(chunks).toString() }));
  });
}

async function readEvents(record: string): Promise<readonly { readonly kind: string; readonly data: unknown }[]> {
  const text = await readFile(join(record, 'journal.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      const entry = JSON.parse(line) as { event?: { kind: string; data: unknown }; kind?: string; data?: unknown };
      return entry.event ?? (entry.kind === undefined ? [] : { kind: entry.kind, data: entry.data });
    } catch {
      return [];
    }
  });
}

export interface Playgrounds {
  readonly borrow: <T>(play: (playground: Playground) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** Several at once, each for one attack at a time. */
export async function openPlaygrounds(number: number): Promise<Playgrounds> {
  const opened: Playground[] = [];
  for (let index = 0; index < number; index += 1) opened.push(await openPlayground());
  const idle = [...opened];
  const waiting: ((playground: Playground) => void)[] = [];
  return {
    borrow: async (play) => {
      const playground = idle.pop() ?? (await new Promise<Playground>((take) => waiting.push(take)));
      try {
        return await play(playground);
      } finally {
        const next = waiting.shift();
        if (next) next(playground);
        else idle.push(playground);
      }
    },
    close: async () => {
      await Promise.all(opened.map((playground) => playground.close()));
    },
  };
}
