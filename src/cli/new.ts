/** `proofplan new`: a plan to begin with, or an addendum that asks what a plan leaves open. */
import { basename } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import { usageExitCode } from '../model/verdict.ts';
import { stripToLine } from '../report/strip-control.ts';
import { say, type CommandContext } from './command-context.ts';
import { writeOutput } from './output-file.ts';
import { addendumPath } from '../compile/addendum-path.ts';
import { compileFile, compileInput, type CompiledFile, type CompileRequest } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface NewOptions {
  readonly output?: string;
  readonly list?: true;
  readonly addendumFor?: string;
}

const request: CompileRequest = { use: 'none', cached: true, environment: undefined, database: undefined, given: [] };

export function addNew(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('new')
    .description('print a plan to begin with, or ask what a plan leaves open; nothing is ever overwritten')
    .argument('[template]', 'a name of --list; minimal where none is given')
    .option('-o, --output <file>', 'write this file, which must not be there yet; - for standard output')
    .option('--list', 'the templates')
    .option('--addendum-for <plan>', 'write PLAN.addendum.yaml with every open binding as a commented question')
    .addHelpText('after', examples('new --list', 'new database-validation', 'new --addendum-for plans/run-proof-v4.md -o -'))
    .action(async (name, options) => finish(await create(name, options, context)));
}

async function create(name: string | undefined, options: NewOptions, context: CommandContext): Promise<number> {
  const problem = misuse(name, options);
  if (problem !== undefined) return refuse(problem, context);
  if (options.addendumFor !== undefined) return createAddendum(options.addendumFor, options.output, context);
  const { templates } = await import('../review/new-template.ts');
  if (options.list === true) {
    const width = Math.max(...templates.map((template) => template.name.length));
    context.out(templates.map((template) => `${template.name.padEnd(width)}  ${template.purpose}\n`).join(''));
    return 0;
  }
  const template = name === undefined ? templates[0] : templates.find((each) => each.name === name);
  if (template !== undefined) return deliver(template.text, options.output, context);
  const near = nearestName(
    name ?? '',
    templates.map((each) => each.name),
  );
  const help = near === undefined ? 'see `proofplan new --list`' : `did you mean \`${near}\`?`;
  return refuse({ severity: 'error', code: 'cli/usage', message: `there is no template \`${name ?? ''}\``, help }, context);
}

/** A file that is not there yet; beside an addendum that is, only what is still open is printed. */
async function createAddendum(path: string, output: string | undefined, context: CommandContext): Promise<number> {
  if (/\.ya?ml$/i.test(path))
    return refuse(
      { severity: 'error', code: 'cli/usage', message: `\`${path}\` is a YAML plan, which binds everything itself`, help: 'name a Markdown plan' },
      context,
    );
  const compiled = await compileQuestioned(path, context);
  const source = context.sources.get(compiled.path);
  if (compiled.plan === undefined || source === undefined) return refuse(compiled.diagnostics, context);
  const [{ questionsOf, unanswerable }, { renderAddendum, renderQuestions }] = await Promise.all([
    import('../review/new-question.ts'),
    import('../review/new-addendum.ts'),
  ]);
  const questions = questionsOf(compiled.plan, compiled.diagnostics, source);
  await say(context, unanswerable(compiled.plan, compiled.diagnostics, source));
  if (questions.length === 0) {
    context.err(`nothing is open in ${path} that an addendum could bind\n`);
    return 0;
  }
  if (compiled.addendum !== undefined) {
    context.err(`${compiled.addendum.path} is there and stays as it is; this is still open:\n`);
    return deliver(renderQuestions(questions), output, context);
  }
  return deliver(renderAddendum(basename(path), questions), output ?? (path === '-' ? undefined : addendumPath(path)), context);
}

/** Beside an addendum each thing that is open is said for itself, so one that binds nothing stands in where there is none. */
async function compileQuestioned(path: string, context: CommandContext): Promise<CompiledFile> {
  const compiled = await compileFile(path, request, context);
  if (compiled.file === undefined || compiled.plan === undefined || compiled.addendum !== undefined) return compiled;
  const standIn = { path: addendumPath(path), absolute: undefined, bytes: new TextEncoder().encode(`plan: ${JSON.stringify(basename(path))}\n`) };
  const questioned = await compileInput(compiled.file, { value: standIn, diagnostics: [] }, request, context);
  return { ...questioned, addendum: undefined };
}

async function deliver(text: string, output: string | undefined, context: CommandContext): Promise<number> {
  if (output === undefined || output === '-') {
    context.out(text);
    return 0;
  }
  const refused = await writeOutput(output, text, undefined, context);
  if (refused !== undefined) return refuse(refused, context);
  context.out(`${stripToLine(output)} written\n`);
  return 0;
}

function misuse(name: string | undefined, options: NewOptions): Diagnostic | undefined {
  const given = [
    name === undefined ? '' : 'a template',
    options.list === true ? '--list' : '',
    options.addendumFor === undefined ? '' : '--addendum-for',
  ].filter((each) => each !== '');
  if (given.length < 2) return undefined;
  return { severity: 'error', code: 'cli/usage', message: `${given.join(' and ')} exclude each other`, help: 'ask for one thing at a time' };
}

async function refuse(diagnostics: Diagnostic | readonly Diagnostic[], context: CommandContext): Promise<number> {
  await say(context, [diagnostics].flat());
  return usageExitCode;
}
