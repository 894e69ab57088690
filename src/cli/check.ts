/** `proofplan check PLAN…`: compiles, and touches nothing. */
import { hasErrors } from '../model/diagnostic.ts';
import { usageExitCode } from '../model/verdict.ts';
import { countSeverities, say, type CommandContext } from './command-context.ts';
import { compileFile, type CompiledFile } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface CheckOptions {
  readonly environment?: string;
  readonly frail?: true;
  readonly json?: true;
}

export function addCheck(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('check')
    .description('compile plans and say what is wrong with them; nothing is executed')
    .argument('<plan...>', 'plan documents, or - for standard input')
    .option('-e, --environment <name>', 'demand a value for every input, as an execution in this environment would')
    .option('--frail', 'warnings fail, too')
    .option('--json', 'one line of JSON a plan on stdout')
    .addHelpText('after', examples('check plans/run-proof-v4.md', 'check --frail --json plans/run-proof-v2.md'))
    .action(async (plans, options) => finish(await check(plans, options, context)));
}

async function check(plans: readonly string[], options: CheckOptions, context: CommandContext): Promise<number> {
  let exitCode = 0;
  for (const path of plans) {
    const compiled = await compileFile(path, { use: options.environment === undefined ? 'none' : 'chosen', cached: true, environment: options.environment, database: undefined, given: [] }, context);
    const bad = compiled.plan === undefined || hasErrors(compiled.diagnostics) || (options.frail === true && compiled.diagnostics.length > 0);
    if (bad) exitCode = usageExitCode;
    await say(context, compiled.diagnostics);
    context.out(options.json === true ? `${JSON.stringify(await data(compiled, bad))}\n` : `${summary(compiled, bad)}\n`);
  }
  return exitCode;
}

async function data({ path, plan, diagnostics }: CompiledFile, bad: boolean): Promise<unknown> {
  const { placeDiagnostic } = await import('../review/placed-diagnostic.ts');
  return {
    schemaVersion: 1,
    plan: { path, ...(plan === undefined ? {} : { title: plan.title, sha256: plan.sha256 }) },
    compiles: !bad,
    exitCode: bad ? usageExitCode : 0,
    ...(plan === undefined ? {} : { counts: counts(plan) }),
    diagnostics: diagnostics.map(placeDiagnostic),
  };
}

function summary({ path, file, plan, diagnostics }: CompiledFile, bad: boolean): string {
  if (file === undefined) return `${path} was not read`;
  const said = countSeverities(diagnostics);
  const verdict = bad ? 'does not compile' : 'compiles';
  const parts = plan === undefined ? [] : Object.entries(counts(plan)).map(([noun, number]) => `${number} ${noun}`);
  return [`${path} ${verdict}${said === '' ? '' : ` (${said})`}`, ...(parts.length === 0 ? [] : [parts.join(', ')])].join(': ');
}

function counts(plan: NonNullable<CompiledFile['plan']>): Readonly<Record<string, number>> {
  const unclaimed = plan.blocks.filter((block) => block.disposition === 'unclaimed').length;
  return {
    steps: plan.steps.length,
    expectations: plan.steps.flatMap((step) => step.expectations).length,
    criteria: plan.criteria.length,
    policies: plan.policies.length,
    blocks: plan.blocks.length,
    ...(unclaimed === 0 ? {} : { unclaimed }),
  };
}
