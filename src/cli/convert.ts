/** `proofplan convert PLAN`: the YAML form of a Markdown plan, with what its addendum binds folded in. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { hasErrors, type Diagnostic } from '../model/diagnostic.ts';
import { usageExitCode } from '../model/verdict.ts';
import { stripToLine } from '../report/strip-control.ts';
import { say, type CommandContext } from './command-context.ts';
import { writeOutput } from './output-file.ts';
import { compileFile, compileInput, type CompileRequest } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface ConvertOptions {
  readonly output?: string;
  readonly force?: true;
}

const request: CompileRequest = { use: 'none', cached: true, environment: undefined, database: undefined, given: [] };

export function addConvert(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('convert')
    .description('print the YAML form of a Markdown plan, with its addendum folded in; it compiles to the same plan')
    .argument('<plan>', 'a Markdown plan, or - for standard input')
    .option('-o, --output <file>', 'write a file instead, which must not be there yet')
    .option('--force', 'overwrite that file')
    .addHelpText('after', examples('convert plans/run-proof-v4.md', 'convert plans/run-proof-v2.md'))
    .action(async (path, options) => finish(await convert(path, options, context)));
}

async function convert(path: string, options: ConvertOptions, context: CommandContext): Promise<number> {
  const refuse = async (diagnostics: readonly Diagnostic[]): Promise<number> => {
    await say(context, diagnostics);
    return usageExitCode;
  };
  if (/\.ya?ml$/i.test(path))
    return refuse([{ severity: 'error', code: 'cli/usage', message: `\`${path}\` is a YAML plan already`, help: 'name a Markdown plan' }]);
  const compiled = await compileFile(path, request, context);
  // Half a plan in another form would look like a whole one.
  if (compiled.plan === undefined || hasErrors(compiled.diagnostics)) return refuse(compiled.diagnostics);
  const target = options.output ?? yamlPath(compiled.path);
  const compile = async (yaml: string): Promise<CompiledPlan> => {
    const absolute = resolve(context.workingFolder, dirname(compiled.file?.absolute ?? context.workingFolder), basename(target));
    const { plan, diagnostics } = await compileInput({ path: target, absolute, bytes: new TextEncoder().encode(yaml) }, undefined, request, context);
    return { plan, diagnostics };
  };
  const { convertFaithfully } = await import('../review/convert-faithfully.ts');
  const converted = await convertFaithfully(compiled.plan, compile);
  const refused =
    converted.value === undefined || options.output === undefined
      ? undefined
      : await writeOutput(options.output, converted.value, options.force === true, context);
  await say(context, [...compiled.diagnostics, ...converted.diagnostics, ...(refused ? [refused] : [])]);
  if (converted.value === undefined || refused !== undefined) return usageExitCode;
  context.out(
    options.output === undefined ? converted.value : `${stripToLine(options.output)} written: it compiles to the same plan as ${stripToLine(compiled.path)}\n`,
  );
  return 0;
}

/** `order.md` → `order.plan.yaml`, as which the text is compiled. */
function yamlPath(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.plan.yaml`);
}
