/** `proofplan check PLAN…`: compiles many plans in one start, and touches nothing. */
import { Option } from '@commander-js/extra-typings';
import { hasErrors, type Diagnostic } from '../model/diagnostic.ts';
import { usageExitCode } from '../model/verdict.ts';
import { stripToLine } from '../report/strip-control.ts';
import { countSeverities, say, type CommandContext } from './command-context.ts';
import { compileFile, openSession, type CompiledFile, type CompileRequest } from './plan-file.ts';
import { listPlans, type NamedPlan } from './plan-path.ts';
import { examples, type Finish, type Program } from './program.ts';

interface CheckOptions {
  readonly environment?: string;
  readonly frail?: true;
  readonly json?: true;
  readonly format?: 'sarif';
}

/** How one plan came out: `bad` counts against the exit code. */
interface CheckedPlan {
  readonly path: string;
  readonly bad: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** So many names of plans that do not compile stand in the last line. */
const shownNames = 5;

export function addCheck(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('check')
    .description('compile plans and say what is wrong with them; nothing is executed')
    .argument(
      '<plan...>',
      "plan documents, folders of them (hidden ones and node_modules are left out), patterns such as 'plans/**/*.md', or - for standard input",
    )
    .option('-e, --environment <name>', 'demand a value for every input, as an execution in this environment would')
    .option('--frail', 'warnings fail, too')
    .addOption(new Option('--json', 'one line of JSON a plan on stdout, and no other message').conflicts('format'))
    .addOption(
      new Option('--format <format>', 'SARIF on stdout, for messages beside lines in a pull request, and no other message').choices(['sarif'] as const),
    )
    .addHelpText(
      'after',
      examples('check plans/run-proof-v4.md', 'check plans plans/*-v2.md', 'check --frail --json plans/run-proof-v2.md', 'check --format sarif plans'),
    )
    .action(async (plans, options) => finish(await check(plans, options, context)));
}

async function check(named: readonly string[], options: CheckOptions, context: CommandContext): Promise<number> {
  const session = openSession(true, context);
  const request: CompileRequest = {
    use: options.environment === undefined ? 'none' : 'chosen',
    cached: true,
    environment: options.environment,
    database: undefined,
    given: [],
    session,
  };
  const checked: CheckedPlan[] = [];
  const said = new Set<string>();
  try {
    for (const plan of listPlans(named, context)) {
      const compiled = await compileNamed(plan, request, context);
      const bad =
        compiled.file === undefined ||
        compiled.plan === undefined ||
        hasErrors(compiled.diagnostics) ||
        (options.frail === true && compiled.diagnostics.length > 0);
      checked.push({ path: compiled.path, bad, diagnostics: compiled.diagnostics });
      await tell(compiled, bad, said, options, context);
      // Hundreds of texts are not kept for frames that were drawn already; the configuration is.
      if (compiled.file !== undefined) context.sources.delete(compiled.file.path);
    }
  } finally {
    await session.close();
  }
  if (options.format === 'sarif') context.out(await sarif(checked, context));
  else if (options.json !== true && checked.length > 1) context.out(`${total(checked)}\n`);
  return checked.some((plan) => plan.bad) ? usageExitCode : 0;
}

/** What one plan has to say, as soon as it is known. */
async function tell(compiled: CompiledFile, bad: boolean, said: Set<string>, { json, format }: CheckOptions, context: CommandContext): Promise<void> {
  if (format === 'sarif') return;
  if (json === true) return context.out(`${JSON.stringify(await data(compiled, bad))}\n`);
  await say(
    context,
    compiled.diagnostics.filter((diagnostic) => isNew(diagnostic, compiled.path, said)),
  );
  context.out(`${line(compiled, bad, context)}\n`);
}

async function sarif(checked: readonly CheckedPlan[], context: CommandContext): Promise<string> {
  const [{ findingOf, renderSarif }, { sarifOptions }] = await Promise.all([import('../report/sarif-document.ts'), import('./report-format.ts')]);
  const said = new Set<string>();
  const plans = checked.map(({ path, bad, diagnostics }) => ({
    path,
    findings: diagnostics.filter((diagnostic) => isNew(diagnostic, path, said)).map(findingOf),
    exitCode: bad ? usageExitCode : 0,
    successful: true,
    problems: [],
    properties: { compiles: !bad },
  }));
  return renderSarif(plans, await sarifOptions(context));
}

async function compileNamed({ path, diagnostic }: NamedPlan, request: CompileRequest, context: CommandContext): Promise<CompiledFile> {
  if (diagnostic === undefined) return compileFile(path, request, context);
  return { path, file: undefined, addendum: undefined, plan: undefined, environment: undefined, diagnostics: [diagnostic] };
}

/** What is wrong with the configuration is wrong for every plan under it, and is said once. */
function isNew({ span, code, message }: Diagnostic, path: string, said: Set<string>): boolean {
  if (span === undefined || span.path === path) return true;
  const key = `${span.path}\0${span.start.offset}\0${code}\0${message}`;
  if (said.has(key)) return false;
  said.add(key);
  return true;
}

async function data({ path, plan, diagnostics, decisions }: CompiledFile, bad: boolean): Promise<unknown> {
  const { placeDiagnostic } = await import('../review/placed-diagnostic.ts');
  return {
    schemaVersion: 1,
    plan: { path, ...(plan === undefined ? {} : { title: plan.title, sha256: plan.sha256 }) },
    compiles: !bad,
    exitCode: bad ? usageExitCode : 0,
    ...(plan === undefined ? {} : { counts: Object.fromEntries(counts(plan, decisions).map(({ nouns, number }) => [nouns, number])) }),
    diagnostics: diagnostics.map(placeDiagnostic),
  };
}

/** `PLAN compiles (1 warning): 16 steps, 30 expectations, …`; what the plan has none of is left out. */
function line({ path, file, plan, diagnostics, decisions }: CompiledFile, bad: boolean, { outColours }: CommandContext): string {
  const name = stripToLine(path);
  if (file === undefined) return `${name} ${outColours.red('was not read')}`;
  const said = countSeverities(diagnostics);
  const parts = plan === undefined ? [] : counts(plan, decisions).filter(({ number }) => number > 0);
  const verdict = bad ? outColours.red('does not compile') : outColours.green('compiles');
  const sentence = `${name} ${verdict}${said === '' ? '' : ` (${said})`}`;
  return parts.length === 0 ? sentence : `${sentence}: ${parts.map(({ nouns, noun, number }) => `${number} ${number === 1 ? noun : nouns}`).join(', ')}`;
}

/** `3 of 500 plans do not compile (4 errors, 1 warning): a.md, b.md, c.md`. */
function total(checked: readonly CheckedPlan[]): string {
  const bad = checked.filter((plan) => plan.bad);
  const said = countSeverities(checked.flatMap((plan) => plan.diagnostics));
  const counted = said === '' ? '' : ` (${said})`;
  if (bad.length === 0) return `${checked.length} plans compile${counted}`;
  const names = bad.slice(0, shownNames).map((plan) => stripToLine(plan.path));
  const more = bad.length > shownNames ? ` and ${bad.length - shownNames} more` : '';
  return `${bad.length} of ${checked.length} plans ${bad.length === 1 ? 'does' : 'do'} not compile${counted}: ${names.join(', ')}${more}`;
}

function counts(
  { steps, criteria, policies, blocks }: NonNullable<CompiledFile['plan']>,
  decisions: CompiledFile['decisions'] = [],
): readonly { readonly nouns: string; readonly noun: string; readonly number: number }[] {
  const opaque = decisions.filter(({ decision }) => decision.rule === 'opaque-program').length;
  const unclaimed = blocks.filter((block) => block.disposition === 'unclaimed').length;
  return [
    { nouns: 'steps', noun: 'step', number: steps.length },
    { nouns: 'expectations', noun: 'expectation', number: steps.flatMap((step) => step.expectations).length },
    { nouns: 'criteria', noun: 'criterion', number: criteria.length },
    { nouns: 'policies', noun: 'policy', number: policies.length },
    { nouns: 'blocks', noun: 'block', number: blocks.length },
    ...(opaque === 0 ? [] : [{ nouns: 'opaque', noun: 'opaque', number: opaque }]),
    ...(unclaimed === 0 ? [] : [{ nouns: 'unclaimed', noun: 'unclaimed', number: unclaimed }]),
  ];
}
