/** `proofplan doctor`: what this machine and this database account allow, and the one next action for what is missing. */
import { exitCodes } from '../model/verdict.ts';
import { paintVerdict, verdictMarks } from '../report/verdict-mark.ts';
import { renderLine, renderRemedy } from '../report/terminal-line.ts';
import { readable, type CommandContext } from './command-context.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { examples, type Finish, type Program } from './program.ts';

interface DoctorOptions {
  readonly environment?: string;
  readonly database?: string;
  readonly out: string;
  readonly json?: true;
}

export function addDoctor(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('doctor')
    .description('what is missing on this machine, and what the database account allows; changes nothing')
    .option('-e, --environment <name>', 'an environment of the configuration; its default where it is left out')
    .option('-d, --database <url>', 'a PostgreSQL URL, embedded, or env:NAME')
    .option('-o, --out <dir>', 'where records would be kept', '.proofplan')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(async (options) => finish(await doctor(options, context)));
}

async function doctor(options: DoctorOptions, context: CommandContext): Promise<number> {
  const checks = await import('./doctor-check.ts');
  const [{ checkDatabase }, { foretellGuard, renderOutlook }] = await Promise.all([import('./doctor-database.ts'), import('./doctor-guard.ts')]);
  const { check, environment } = await checks.checkConfig({ environment: options.environment, database: options.database }, context);
  const database = await checkDatabase(environment, context);
  const found: readonly DoctorCheck[] = [
    checks.checkNode(process.versions.node),
    await checks.checkRipgrep(),
    ...(await checks.checkPython(context, environment)),
    ...(await checks.checkPostgres(context, environment)),
    ...(await checks.checkPrograms(context)),
    await checks.checkIsolation(),
    check,
    checks.checkParallel(environment),
    checks.checkOutput(options.out, context),
    ...database.checks,
  ];
  const missing = found.filter(({ state }) => state === 'missing');
  const outlook = await foretellGuard(environment, database.facts, context);
  if (options.json === true) context.out(`${JSON.stringify({ schemaVersion: 1, ready: missing.length === 0, checks: found, ...outlook }, undefined, 2)}\n`);
  else
    context.out(
      `${renderChecks(found, context)}\n\n${renderOutlook(outlook, context.outColours, readable(context.outWidth?.()))}\n\n${missing.length === 0 ? 'ready' : `${missing.length} missing: ${missing.map(({ name }) => name).join(', ')}`}\n`,
    );
  return missing.length === 0 ? 0 : exitCodes.error;
}

function renderChecks(checks: readonly DoctorCheck[], context: CommandContext): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const verdicts = { ok: 'passed', limited: 'unproven', missing: 'failed' } as const;
  const columns = readable(context.outWidth?.());
  return checks
    .map(({ name, state, fact, help }) => {
      const verdict = verdicts[state];
      const plainLead = `${verdictMarks[verdict]} ${name.padEnd(width)}  `;
      const lead = `${paintVerdict(verdict, context.outColours)(verdictMarks[verdict])}${plainLead.slice(1)}`;
      const line = renderLine({ lead, plainLead, text: fact.replaceAll(/\p{Cc}+/gu, ' ') }, columns);
      return help === undefined ? line : `${line}\n${renderRemedy(help, width + 4, columns)}`;
    })
    .join('\n');
}
