/** `proofplan diff OLD NEW`: what a new version of a plan demands more, less or otherwise. Compiles both, executes nothing. */
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { compileFile } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface DiffOptions {
  readonly json?: true;
  readonly markdown?: true;
  readonly failOnWeaker?: true;
}

/** With `--fail-on-weaker`: what is not plainly as strong as before. */
const weakerExitCode = 1;

export function addDiff(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('diff')
    .description('compare two plans by meaning: what is stronger, weaker, equal or unclear')
    .argument('<old>', 'a plan document, or - for standard input')
    .argument('<new>', 'a plan document, or - for standard input')
    .option('--json', 'JSON on stdout')
    .option('--markdown', 'Markdown for a pull request on stdout')
    .option('--fail-on-weaker', 'exit code 1 if anything is weaker or unclear')
    .addHelpText('after', examples('diff plans/run-proof-v2.md plans/run-proof-v4.md', 'diff --markdown plans/run-proof-v2.md plans/run-proof-v4.md'))
    .action(async (old, next, options) => finish(await diff(old, next, options, context)));
}

async function diff(oldPath: string, newPath: string, options: DiffOptions, context: CommandContext): Promise<number> {
  const misuse =
    oldPath === '-' && newPath === '-'
      ? 'standard input `-` is named twice'
      : options.json === true && options.markdown === true
        ? '`--json` and `--markdown` exclude each other'
        : undefined;
  if (misuse !== undefined) {
    await say(context, [{ severity: 'error', code: 'cli/usage', message: misuse, help: `see \`${context.command} diff --help\`` }]);
    return usageExitCode;
  }
  const request = { use: 'none', cached: true, environment: undefined, database: undefined, given: [] } as const;
  const [old, next] = [await compileFile(oldPath, request, context), await compileFile(newPath, request, context)];
  if (old.plan === undefined || next.plan === undefined) {
    await say(context, [...(old.plan === undefined ? old.diagnostics : []), ...(next.plan === undefined ? next.diagnostics : [])]);
    return usageExitCode;
  }
  const [{ comparePlan }, { diffOf, diffedPlan, groupChanges }] = await Promise.all([import('../review/compare-plan.ts'), import('../review/diff-data.ts')]);
  const found = diffOf(diffedPlan(old.plan, old.diagnostics), diffedPlan(next.plan, next.diagnostics), comparePlan(old.plan, next.plan));
  if (options.json === true) context.out(`${JSON.stringify(found, undefined, 2)}\n`);
  else if (options.markdown === true) context.out(`${(await import('../review/diff-markdown.ts')).renderDiffMarkdown(found)}\n`);
  else context.out(`${(await import('../review/diff-terminal.ts')).renderDiff(found, { columns: context.outColumns, paint: painter(context) })}\n`);
  const { weaker, unclear } = found.counts;
  if (options.failOnWeaker !== true || weaker + unclear === 0) return 0;
  const told = new Map<string, number>();
  for (const group of groupChanges(found.changes)) {
    const key = `  ${group.class}: ${group.headline}`;
    if (group.class === 'weaker' || group.class === 'unclear') told.set(key, (told.get(key) ?? 0) + group.changes.length);
  }
  context.err(
    `${weaker} weaker and ${unclear} unclear, so --fail-on-weaker ends with ${weakerExitCode}:\n${[...told].map(([key, count]) => `${key} (${count})`).join('\n')}\n`,
  );
  return weakerExitCode;
}

function painter({
  outColours: { red, yellow, green, bold },
}: CommandContext): (text: string, is: 'weaker' | 'unclear' | 'stronger' | 'equal' | 'old' | 'new') => string {
  const colours = { weaker: red.bold, unclear: yellow.bold, stronger: green.bold, equal: bold, old: red, new: green };
  return (text, is) => colours[is](text);
}
