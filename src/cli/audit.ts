/** `proofplan audit verify|show DIR`: is the record whole, and what does it say about policies? */
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';

interface VerifyOptions {
  readonly expectRoot?: string;
  readonly expectPlan?: string;
  readonly vkey?: string;
  readonly json?: true;
}

export function addAudit(program: Program, context: CommandContext, finish: Finish): void {
  const audit = program.command('audit').description('verify the record of an execution, or show which policies were enforced and how');
  audit
    .command('verify')
    .description('verify journal, checkpoint, evidence, reports and ledger; exit code 0 only if nothing was found')
    .argument('<dir>', "an execution's folder, or the output folder for its newest")
    .option('--expect-root <sha256>', "the journal's root, as the AUDIT line said it")
    .option('--expect-plan <sha256>', 'the SHA-256 of the plan document')
    .option('--vkey <key>', 'the verifier key of the checkpoint')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit verify .proofplan/latest'))
    .action(async (folder, options) => finish(await verify(folder, options, context)));
  audit
    .command('show')
    .description('show each policy: declared where, enforced how, with what evidence')
    .argument('<dir>', "an execution's folder, or the output folder for its newest")
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit show .proofplan/latest'))
    .action(async (folder, options) => finish(await show(folder, options.json === true, context)));
}

async function verify(folder: string, options: VerifyOptions, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const [{ verifyExecution }, { renderFinding }] = await Promise.all([import('../review/audit-verify.ts'), import('../review/audit-finding.ts')]);
  const findings = await verifyExecution(found.value.absolute, {
    ...(options.expectRoot === undefined ? {} : { expectRoot: options.expectRoot }),
    ...(options.expectPlan === undefined ? {} : { expectPlan: options.expectPlan }),
    ...(options.vkey === undefined ? {} : { verifierKey: options.vkey }),
  });
  if (options.json === true) context.out(`${JSON.stringify({ folder: found.value.path, intact: findings.length === 0, findings })}\n`);
  await say(context, findings.map(renderFinding));
  if (options.json !== true) context.out(findings.length === 0 ? `the record in ${found.value.path} is intact\n` : `the record in ${found.value.path} is not intact: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}\n`);
  return findings.length === 0 ? 0 : exitCodes.failed;
}

async function show(folder: string, json: boolean, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const [{ readExecution }, { policiesOf, renderPolicies }] = await Promise.all([import('../review/show.ts'), import('../review/show-policy.ts')]);
  const read = await readExecution(found.value.absolute);
  await say(context, read.diagnostics);
  if (read.value === undefined) return usageExitCode;
  const policies = policiesOf(read.value);
  context.out(json ? `${JSON.stringify({ execution: read.value.execution, policies }, undefined, 2)}\n` : `${renderPolicies(policies)}\n`);
  return 0;
}
