/** `proofplan explain PLAN`: the whole reading, block by block. `proofplan explain CODE`: what a diagnostic means. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { hasErrors } from '../model/diagnostic.ts';
import { diagnosticCodes } from '../model/diagnostic-code.ts';
import { nearestName } from '../model/nearest-name.ts';
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { compileFile } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

export function addExplain(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('explain')
    .description('show how a plan is read, block by block, or what a diagnostic code means')
    .argument('<plan-or-code>', 'a plan document, - for standard input, or a code such as compile/no-step')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('explain plans/run-proof-v4.md', 'explain parse/invalid-utf-8'))
    .action(async (subject, options) => {
      const isCode = /^[a-z]+\/[a-z0-9-]+$/.test(subject) && !existsSync(resolve(context.workingFolder, subject));
      finish(isCode ? await explainCode(subject, options.json === true, context) : await explainFile(subject, options.json === true, context));
    });
}

async function explainFile(path: string, json: boolean, context: CommandContext): Promise<number> {
  const compiled = await compileFile(path, { use: 'none', cached: true, environment: undefined, database: undefined, given: [] }, context);
  const [{ explainPlan }, { renderExplanation }] = await Promise.all([import('../review/explain.ts'), import('../review/render-explanation.ts')]);
  const explanation = explainPlan(compiled.plan, compiled.diagnostics);
  if (json) context.out(`${JSON.stringify(explanation, undefined, 2)}\n`);
  else if (compiled.plan !== undefined) context.out(`${renderExplanation(explanation, context.outColumns)}\n`);
  await say(context, compiled.diagnostics);
  return compiled.plan === undefined || hasErrors(compiled.diagnostics) ? usageExitCode : 0;
}

async function explainCode(code: string, json: boolean, context: CommandContext): Promise<number> {
  const codes: Readonly<Record<string, string>> = diagnosticCodes;
  const meaning = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (meaning === undefined) {
    const near = nearestName(code, Object.keys(codes));
    const floor = Object.keys(codes).filter((each) => each.startsWith(`${code.split('/')[0] ?? ''}/`));
    const help = near !== undefined ? `did you mean \`${near}\`?` : floor.length > 0 ? `codes of this floor: ${floor.map((each) => `\`${each}\``).join(', ')}` : 'copy the code from a message: it stands in brackets behind the severity';
    await say(context, [{ severity: 'error', code: 'cli/unknown-code', message: `no diagnostic has the code \`${code}\``, help }]);
    return usageExitCode;
  }
  context.out(json ? `${JSON.stringify({ code, meaning })}\n` : `${code}: ${meaning}\n`);
  return 0;
}
