/** The database that a command without a plan means: of `--database`, or of an environment of the configuration. */
import { join } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress, DatabaseSource } from '../model/environment.ts';
import type { CommandContext } from './command-context.ts';
import { chooseEnvironment, readConfig, type EnvironmentChoice } from './config-file.ts';

/** What answers there, asked once: who we are, and whether it is encrypted where the URL leaves that open. */
export async function settleDatabase(address: DatabaseAddress): Promise<Checked<DatabaseAddress>> {
  const { probeDatabase } = await import('../environment/probe.ts');
  const facts = await probeDatabase(address);
  if (facts.value === undefined) return { value: undefined, diagnostics: facts.diagnostics };
  const { tlsOpen: _settled, ...settled } = { ...address, tls: facts.value.tls };
  return { value: settled, diagnostics: facts.diagnostics };
}

/** Where `db start` leaves its note without `--out`. */
const serverFolder = '.proofplan';

/** `embedded` stands for the server that `db start` has started here. Messages never show the URL. */
export async function chooseDatabase(choice: EnvironmentChoice, context: CommandContext): Promise<Checked<DatabaseAddress>> {
  const config = await readConfig(context.workingFolder, context);
  if (config.diagnostics.some(({ severity }) => severity !== 'warning')) return { value: undefined, diagnostics: config.diagnostics };
  const chosen = chooseEnvironment(config.value, choice, context);
  if (chosen.diagnostics.length > 0) return { value: undefined, diagnostics: chosen.diagnostics };
  const source = chosen.value?.database;
  if (source === undefined) {
    const usage: Diagnostic = {
      severity: 'error',
      code: 'cli/usage',
      message: 'no database is named',
      help: `pass --database env:${context.environment['DATABASE_URL'] ? 'DATABASE_URL' : 'NAME, with the name of a variable that holds its URL'}`,
    };
    return { value: undefined, diagnostics: [usage] };
  }
  return readSource(source, context);
}

/** The address behind what a configuration or a command line names. */
export async function readSource(source: DatabaseSource, context: CommandContext): Promise<Checked<DatabaseAddress>> {
  const { parseDatabaseUrl } = await import('../environment/database-url.ts');
  switch (source.kind) {
    case 'url':
      return parseDatabaseUrl(source.url);
    case 'environment-variable': {
      const url = context.environment[source.name];
      if (url !== undefined && url !== '') return parseDatabaseUrl(url);
      const unset: Diagnostic = {
        severity: 'error',
        code: 'cli/unset-database',
        message: `the variable \`${source.name}\` is not set`,
        help: 'set it to a PostgreSQL URL',
      };
      return { value: undefined, diagnostics: [unset] };
    }
    case 'embedded': {
      const { readServerRecord, serverRecordPath } = await import('./server-record.ts');
      const running = readServerRecord(serverRecordPath(join(context.workingFolder, serverFolder)));
      if (running !== undefined) return parseDatabaseUrl(running.url);
      const none: Diagnostic = {
        severity: 'error',
        code: 'cli/no-server',
        message: 'no server that was started by hand runs here',
        help: `\`${context.command} db start\``,
      };
      return { value: undefined, diagnostics: [none] };
    }
  }
}
