/** `proofplan audit …`: is the record whole, what does it say about policies, and what can be shown of it to others? */
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { stripToLine } from '../report/strip-control.ts';
import { renderLine } from '../report/terminal-line.ts';
import type { AuditExpectation } from '../review/audit-expectation.ts';
import type { Audit } from '../review/audit-verify.ts';
import { addCompare } from './audit-compare.ts';
import { folderArgument, misusedExpectations, renderSignature, shown } from './audit-option.ts';
import { addProof } from './audit-proof.ts';
import { readable, say, type CommandContext } from './command-context.ts';
import { collect } from './duration.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';

interface VerifyOptions {
  readonly expectRoot?: string;
  readonly expectPlan?: string;
  readonly expectExecution?: string;
  readonly expectPolicy: readonly string[];
  readonly vkey?: string;
  readonly json?: true;
}

const mostPruned = 10;

export function addAudit(program: Program, context: CommandContext, finish: Finish): void {
  const audit = program
    .command('audit')
    .description('verify the record of an execution, and show what it proves')
    .addHelpText('after', examples('audit verify .proofplan/latest', 'audit show .proofplan/latest'));
  audit
    .command('verify')
    .description('verify journal, checkpoint, evidence, reports and ledger; exit code 0 only if nothing was found')
    .argument(...folderArgument)
    .option('--expect-root <sha256>', "the journal's root, as the AUDIT line said it")
    .option('--expect-plan <sha256>', 'the SHA-256 of the plan document')
    .option('--expect-execution <id>', "the execution's id")
    .option('--expect-policy <policy>', 'a policy that was declared and enforced: its kind, its sentence, or the digest of all; may be repeated', collect, [])
    .option('--vkey <key>', 'the verifier key of the checkpoint')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit verify .proofplan/latest', 'audit verify .proofplan/latest --expect-policy no-manual-writes'))
    .action(async (folder, options) => finish(await verify(folder, options, context)));
  audit
    .command('show')
    .description('show each policy: declared where, enforced how, with what evidence')
    .argument(...folderArgument)
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit show .proofplan/latest'))
    .action(async (folder, options) => finish(await show(folder, options.json === true, context)));
  addProof(audit, context, finish);
  addCompare(audit, context, finish);
}

function expectationOf({ expectRoot, expectPlan, expectExecution, expectPolicy, vkey }: VerifyOptions): AuditExpectation {
  return {
    ...(expectRoot === undefined ? {} : { expectRoot }),
    ...(expectPlan === undefined ? {} : { expectPlan }),
    ...(expectExecution === undefined ? {} : { expectExecution }),
    ...(expectPolicy.length === 0 ? {} : { expectPolicies: expectPolicy }),
    ...(vkey === undefined ? {} : { verifierKey: vkey }),
  };
}

async function verify(folder: string, options: VerifyOptions, context: CommandContext): Promise<number> {
  const misused = await misusedExpectations(options);
  await say(context, misused);
  if (misused.length > 0) return usageExitCode;
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const [{ auditExecution }, { renderFinding }] = await Promise.all([import('../review/audit-verify.ts'), import('../review/audit-finding.ts')]);
  const { findings, journal, pruned } = await auditExecution(found.value.absolute, expectationOf(options));
  const intact = findings.length === 0;
  if (options.json === true) {
    const { note: _, ...summary } = journal ?? {};
    context.out(`${JSON.stringify({ folder: found.value.path, intact, findings, ...summary, ...(pruned === undefined ? {} : { pruned }) })}\n`);
  }
  await say(context, findings.map(renderFinding));
  if (options.json !== true) {
    const path = stripToLine(found.value.path);
    const count = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
    context.out(
      intact
        ? shown(
            `${renderLine({ lead: '', plainLead: '', text: `the record in ${path} is intact; ${renderSignature(journal?.signature)}` }, readable(context.outWidth?.()))}\n${renderSummary(journal)}${renderPruned(pruned ?? [])}`,
          )
        : `the record in ${path} is not intact: ${count}\n`,
    );
  }
  return intact ? 0 : exitCodes.failed;
}

/** What it says. */
function renderSummary(journal: Audit['journal']): string {
  const { verdict, execution, state } = journal ?? {};
  return `verdict ${String(verdict)}, execution ${String(execution)}, ${String(state?.entries)} entries, root ${String(state?.root)}`;
}

/** What the ledger says was removed is no finding by itself, and is said nevertheless. */
function renderPruned(pruned: NonNullable<Audit['pruned']>): string {
  const lines = pruned.map(
    ({ execution, attempt, verdict, at, rule, signed }) =>
      `  attempt ${attempt}, ${execution}: ${verdict === 'none' ? 'unproven' : (verdict ?? 'no end')}; pruned ${at.slice(0, 10)} (${rule}), ${signed ? 'signed' : 'by the word of the ledger'}`,
  );
  const told = lines.length > mostPruned ? [...lines.slice(0, mostPruned), `  and ${lines.length - mostPruned} more: --json`] : lines;
  return told.length === 0 ? '' : `\npruned attempts at this plan, whose records are gone:\n${told.join('\n')}`;
}

async function show(folder: string, json: boolean, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const [{ readExecution }, { policiesOf, renderPolicies }, { digestPolicies }] = await Promise.all([
    import('../review/show.ts'),
    import('../review/show-policy.ts'),
    import('../review/audit-expectation.ts'),
  ]);
  const read = await readExecution(found.value.absolute);
  await say(context, read.diagnostics);
  if (read.value === undefined) return usageExitCode;
  const policies = policiesOf(read.value);
  const policiesSha256 = digestPolicies(policies.map(({ declared }) => declared));
  context.out(
    json
      ? `${JSON.stringify({ execution: read.value.execution, policiesSha256, policies }, undefined, 2)}\n`
      : shown(`${renderPolicies(policies)}\n\nall of them, for --expect-policy: ${policiesSha256}`),
  );
  return 0;
}
