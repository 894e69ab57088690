/** `proofplan explain PLAN`: the whole reading, block by block. `proofplan explain CODE`: what a diagnostic means. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { hasErrors } from '../model/diagnostic.ts';
import { diagnosticCodes, type DiagnosticCode } from '../model/diagnostic-code.ts';
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
    .addHelpText('after', examples('explain plans/run-proof-v4.md', 'explain parse/invalid-utf-8', 'explain compile/unclear-expectation'))
    .action(async (subject, options) => {
      const code = codeOf(subject, context);
      finish(code === undefined ? await explainFile(subject, options.json === true, context) : await explainCode(code, options.json === true, context));
    });
}

/** A file goes before a code. A code may come as messages show it, `error[compile/no-step]`, or without its floor where one floor has it. */
function codeOf(subject: string, { workingFolder }: CommandContext): string | undefined {
  if (existsSync(resolve(workingFolder, subject))) return undefined;
  const shown = /^(?:error|warning|refused|failed)?\[?([a-z]+\/[a-z0-9-]+)\]?:?$/.exec(subject)?.[1];
  if (shown !== undefined) return shown;
  const codes = Object.keys(diagnosticCodes).filter((code) => code.endsWith(`/${subject}`));
  return codes.length === 1 ? codes[0] : undefined;
}

async function explainFile(path: string, json: boolean, context: CommandContext): Promise<number> {
  const compiled = await compileFile(path, { use: 'none', cached: true, environment: undefined, database: undefined, given: [] }, context);
  const { explainPlan } = await import('../review/explain.ts');
  const explanation = explainPlan(compiled.plan, compiled.diagnostics, compiled.decisions);
  if (json) context.out(`${JSON.stringify(explanation, undefined, 2)}\n`);
  else if (compiled.plan !== undefined) {
    const [{ renderExplanation }, { pageStyle }] = await Promise.all([import('../review/render-explanation.ts'), import('./page-style.ts')]);
    context.out(`${renderExplanation(explanation, pageStyle(context))}\n`);
  }
  await say(context, compiled.diagnostics);
  return compiled.plan === undefined || hasErrors(compiled.diagnostics) ? usageExitCode : 0;
}

async function explainCode(code: string, json: boolean, context: CommandContext): Promise<number> {
  if (!isCode(code)) {
    await say(context, [{ severity: 'error', code: 'cli/unknown-code', message: `no diagnostic has the code \`${code}\``, help: helpFor(code) }]);
    return usageExitCode;
  }
  const [{ codePage }, { renderCodePage }, { pageStyle }] = await Promise.all([
    import('../review/code-page.ts'),
    import('../review/render-code-page.ts'),
    import('./page-style.ts'),
  ]);
  const page = codePage(code);
  context.out(json ? `${JSON.stringify(page, undefined, 2)}\n` : `${renderCodePage(page, pageStyle(context))}\n`);
  return 0;
}

function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(diagnosticCodes, code);
}

/** The nearest code; one that has its last part on another floor; else all of the floor. */
function helpFor(code: string): string {
  const codes = Object.keys(diagnosticCodes);
  const [floor = '', what = ''] = code.split('/');
  const near = codes.find((each) => each.endsWith(`/${what}`)) ?? nearestName(code, codes);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const ofFloor = codes.filter((each) => each.startsWith(`${floor}/`));
  return ofFloor.length > 0
    ? `codes of this floor: ${ofFloor.map((each) => `\`${each}\``).join(', ')}`
    : 'copy the code from a message: it stands in brackets behind the severity';
}
