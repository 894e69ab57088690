/** `proofplan report DIR`: renders a report again, from the journal and the evidence alone. */
import { Option } from '@commander-js/extra-typings';
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';

export function addReport(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('report')
    .description('render the report of an execution again, from its journal, to stdout')
    .argument('<dir>', "an execution's folder, or the output folder for its newest")
    .addOption(new Option('--format <format>', 'what to render').choices(['md']).default('md' as const))
    .addHelpText('after', examples('report .proofplan/latest'))
    .action(async (folder) => finish(await report(folder, context)));
}

async function report(folder: string, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const { readReport } = await import('../report/report-markdown.ts');
  const rendered = await readReport(found.value.absolute);
  await say(context, rendered.diagnostics);
  if (rendered.value === undefined) return usageExitCode;
  context.out(rendered.value);
  return 0;
}
