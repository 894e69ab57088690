/** `proofplan audit explain|compare`: one policy in one execution, and two executions beside each other. */
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import type { ShownExecution } from '../review/show.ts';
import { folderArgument, shown } from './audit-option.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';

export function addCompare(audit: Program, context: CommandContext, finish: Finish): void {
  audit
    .command('explain')
    .description('explain one policy: what was written, how it was read, what kept it, what came before it')
    .argument(...folderArgument)
    .argument('<policy>', 'its number (P1), its line in the plan, its kind, or words of it')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit explain .proofplan/latest P1'))
    .action(async (folder, policy, options) => finish(await explain(folder, policy, options.json === true, context)));
  audit
    .command('compare')
    .description('compare two executions of one plan; exit code 1 if a verdict or what was enforced differs')
    .argument('<a>', "an execution's folder")
    .argument('<b>', 'another one')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit compare .proofplan/latest .proofplan/latest'))
    .action(async (a, b, options) => finish(await compare(a, b, options.json === true, context)));
}

interface Read {
  readonly shown: ShownExecution;
  readonly absolute: string;
}

async function read(folder: string, context: CommandContext): Promise<Read | undefined> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return undefined;
  const { readExecution } = await import('../review/show.ts');
  const execution = await readExecution(found.value.absolute);
  await say(context, execution.diagnostics);
  return execution.value && { shown: execution.value, absolute: found.value.absolute };
}

async function explain(folder: string, wanted: string, json: boolean, context: CommandContext): Promise<number> {
  const execution = await read(folder, context);
  if (execution === undefined) return usageExitCode;
  const { shown: record, absolute } = execution;
  const { explainPolicy, findPolicies, renderExplainedPolicy } = await import('../review/audit-policy.ts');
  const found = findPolicies(record, wanted);
  if (found.length === 0) {
    const declared = record.events.flatMap((event) =>
      event.kind === 'policy-declared' ? [`${event.data.id}, line ${event.data.span.start.line}: ${event.data.text}`] : [],
    );
    await say(context, [
      {
        severity: 'error',
        code: 'cli/unknown-policy',
        message: `this execution declared no policy \`${wanted}\``,
        notes: declared.length === 0 ? ['it declared none at all'] : declared,
        help: declared.length === 0 ? 'look at the plan with `proofplan explain`' : 'name one of these by its number, its line, or words of it',
      },
    ]);
    return usageExitCode;
  }
  const explained = await Promise.all(found.map((policy) => explainPolicy(record, policy, absolute)));
  context.out(
    json ? `${JSON.stringify({ execution: record.execution, policies: explained }, undefined, 2)}\n` : shown(explained.map(renderExplainedPolicy).join('\n\n')),
  );
  return 0;
}

async function compare(a: string, b: string, json: boolean, context: CommandContext): Promise<number> {
  const [one, other] = [await read(a, context), await read(b, context)];
  if (one === undefined || other === undefined) return usageExitCode;
  const { compareExecutions, renderComparison } = await import('../review/compare-execution.ts');
  const comparison = compareExecutions(one.shown, other.shown);
  context.out(json ? `${JSON.stringify(comparison, undefined, 2)}\n` : shown(renderComparison(comparison)));
  return comparison.same ? 0 : exitCodes.failed;
}
