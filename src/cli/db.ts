/**
 * `proofplan db start|stop|url`: the embedded server by hand. A process of its own holds it (a server ends with its holder),
 * and a note in the output folder says where it is.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { cacheFolder, stateFolder } from './folder.ts';
import { examples, type Finish, type Program } from './program.ts';
import type { ServerRecord } from './server-record.ts';

/** What the holder tells the command that started it, once. */
type HolderMessage = { readonly kind: 'ready'; readonly record: ServerRecord } | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

const stopTimeoutMs = 30_000;

export function addDb(program: Program, context: CommandContext, finish: Finish): void {
  const db = program.command('db').description('the embedded PostgreSQL by hand: start it, stop it, ask for its address').addHelpText('after', examples('db start', 'db url', 'db stop'));
  const out = ['-o, --out <dir>', 'the folder that remembers it', '.proofplan'] as const;
  db.command('start')
    .description('start a server that runs until db stop, and print its URL')
    .option(...out)
    .addHelpText('after', examples('db start'))
    .action(async (options) => finish(await start(resolve(context.workingFolder, options.out), context)));
  db.command('url')
    .description('print the URL of the server that db start started')
    .option(...out)
    .addHelpText('after', examples('db url'))
    .action(async (options) => finish(await url(resolve(context.workingFolder, options.out), context)));
  db.command('stop')
    .description('stop the server that db start started; its data is gone')
    .option(...out)
    .addHelpText('after', examples('db stop'))
    .action(async (options) => finish(await stop(resolve(context.workingFolder, options.out), context)));
  db.command('hold', { hidden: true })
    .option(...out)
    .action(async (options) => finish(await hold(resolve(context.workingFolder, options.out), context)));
}

async function start(outFolder: string, context: CommandContext): Promise<number> {
  const { readServerRecord, serverRecordPath } = await import('./server-record.ts');
  const running = readServerRecord(serverRecordPath(outFolder));
  if (running !== undefined) {
    context.err('a server started by hand runs already\n');
    context.out(`${running.url}\n`);
    return 0;
  }
  context.err('starting PostgreSQL\n');
  const message = await startHolder(outFolder, context);
  if (message.kind === 'failed') {
    await say(context, message.diagnostics);
    return exitCodes.error;
  }
  context.err(`PostgreSQL ${message.record.version} runs until \`${context.command} db stop\`\n`);
  context.out(`${message.record.url}\n`);
  return 0;
}

async function url(outFolder: string, context: CommandContext): Promise<number> {
  const { readServerRecord, serverRecordPath } = await import('./server-record.ts');
  const running = readServerRecord(serverRecordPath(outFolder));
  if (running === undefined) return noServer(context);
  context.out(`${running.url}\n`);
  return 0;
}

async function stop(outFolder: string, context: CommandContext): Promise<number> {
  const { readServerRecord, serverRecordPath } = await import('./server-record.ts');
  const path = serverRecordPath(outFolder);
  const running = readServerRecord(path);
  if (running === undefined) return noServer(context);
  process.kill(running.pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < stopTimeoutMs; waitedMs += 50) {
    if (readServerRecord(path) === undefined) {
      context.err('stopped\n');
      return 0;
    }
    await sleep(50);
  }
  await say(context, [{ severity: 'error', code: 'cli/server-running', message: `the server's holder, process ${running.pid}, did not end within ${stopTimeoutMs / 1000} s`, help: `end process ${running.pid} by hand: the server ends with it` }]);
  return exitCodes.error;
}

async function noServer(context: CommandContext): Promise<number> {
  await say(context, [{ severity: 'error', code: 'cli/no-server', message: 'no server that was started by hand runs here', help: `\`${context.command} db start\`` }]);
  return usageExitCode;
}

/** Starts a detached holder and waits for its one message. */
function startHolder(outFolder: string, context: CommandContext): Promise<HolderMessage> {
  const [program, ...parameters] = context.self;
  const failed = (message: string): HolderMessage => ({ kind: 'failed', diagnostics: [{ severity: 'error', code: 'environment/server-not-started', message, help: `\`${context.command} doctor\`` }] });
  return new Promise((resolvePromise) => {
    const child = spawn(program, [...parameters, 'db', 'hold', '--out', outFolder], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: context.environment as NodeJS.ProcessEnv });
    child.once('error', (error) => resolvePromise(failed(messageOf(error))));
    child.once('exit', (code, signal) => resolvePromise(failed(`the server's holder ended with ${code ?? signal ?? 'nothing'} before the server was ready`)));
    child.once('message', (message) => {
      child.disconnect();
      child.unref();
      resolvePromise(message as HolderMessage);
    });
  });
}

/** The holder: starts the server, tells its parent, and waits for its end. Runs only as a child of `db start`. */
async function hold(outFolder: string, context: CommandContext): Promise<number> {
  const [{ startEmbeddedServer }, { createDatabase }, { renderDatabaseUrl }, { ownerMark }, { serverRecordPath, writeServerRecord }] = await Promise.all([
    import('../environment/embedded-server.ts'),
    import('../environment/embedded-database.ts'),
    import('../environment/database-url.ts'),
    import('../environment/process-identity.ts'),
    import('./server-record.ts'),
  ]);
  const signal = context.interruption();
  const tell = (message: HolderMessage): Promise<void> => new Promise((done) => (process.send === undefined ? done() : process.send(message, undefined, {}, () => done())));
  const searchPath = context.environment['PATH'];
  const postgresFolder = context.environment['PROOFPLAN_POSTGRES_BIN'];
  const started = await startEmbeddedServer({ stateFolder: stateFolder(), cacheFolder: cacheFolder(context), ...(searchPath === undefined ? {} : { searchPath }), ...(postgresFolder === undefined || postgresFolder === '' ? {} : { postgresFolder }) });
  const server = started.value;
  const created = server === undefined ? undefined : await createDatabase(server, 'app');
  if (server === undefined || created?.value === undefined) {
    await server?.close();
    await tell({ kind: 'failed', diagnostics: [...started.diagnostics, ...(created?.diagnostics ?? [])] });
    return exitCodes.error;
  }
  const path = serverRecordPath(outFolder);
  const record: ServerRecord = { holder: ownerMark(), pid: process.pid, url: renderDatabaseUrl(created.value), version: server.version };
  try {
    makeOutFolder(outFolder);
    writeServerRecord(path, record);
  } catch (error) {
    await server.close();
    await tell({ kind: 'failed', diagnostics: [{ severity: 'error', code: 'cli/server-record', message: `\`${path}\` cannot be written: ${messageOf(error)}`, help: 'pass another folder with --out' }] });
    return exitCodes.error;
  }
  await tell({ kind: 'ready', record });
  // Nothing else keeps this process: the server's handles do not.
  const keep = setInterval(() => undefined, 60_000);
  await Promise.race([server.exited, new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))]);
  clearInterval(keep);
  await server.close();
  rmSync(path, { force: true });
  return 0;
}

/** As an execution would make it: for its owner alone, and out of git. */
function makeOutFolder(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, '.gitignore'), '*\n');
}
