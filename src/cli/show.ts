/** `proofplan show DIR [STEP]`: what happened, from the journal. */
import { nearestName } from '../model/nearest-name.ts';
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';

export function addShow(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('show')
    .description('show what happened in an execution, or in one of its steps, with evidence')
    .argument('<dir>', "an execution's folder, or the output folder for its newest")
    .argument('[step]', 'the number of a step')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('show .proofplan/latest', 'show .proofplan/latest 2.1'))
    .action(async (folder, step, options) => finish(await show(folder, step, options.json === true, context)));
}

async function show(folder: string, id: string | undefined, json: boolean, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const [{ readExecution, stepsOf }, { renderExecution, renderStep }] = await Promise.all([import('../review/show.ts'), import('../review/render-shown.ts')]);
  const read = await readExecution(found.value.absolute);
  await say(context, read.diagnostics);
  if (read.value === undefined) return usageExitCode;
  const steps = stepsOf(read.value);
  if (id === undefined) {
    context.out(json ? `${JSON.stringify({ execution: read.value.execution, steps, events: read.value.events, unknown: read.value.unknown }, undefined, 2)}\n` : `${renderExecution(read.value)}\n`);
    return 0;
  }
  const step = steps.find((each) => each.id === id);
  if (step === undefined) {
    const near = nearestName(id, steps.map((each) => each.id));
    await say(context, [{ severity: 'error', code: 'cli/unknown-step', message: `this execution has no step \`${id}\``, notes: [`steps: ${steps.map((each) => each.id).join(', ')}`], help: near === undefined ? 'name one of these' : `did you mean \`${near}\`?` }]);
    return usageExitCode;
  }
  context.out(json ? `${JSON.stringify(step, undefined, 2)}\n` : `${renderStep(step, found.value.path)}\n`);
  return 0;
}
