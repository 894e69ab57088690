/** `proofplan lock PLAN…`: writes down what was reviewed, beside the plan. `run --locked` and `lock --check` demand that it still holds. */
import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { hasErrors, messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import { usageExitCode } from '../model/verdict.ts';
import { renderShellWord } from '../model/shell-word.ts';
import { stripToLine } from '../report/strip-control.ts';
import { count } from '../report/verdict-mark.ts';
import type { Lock } from '../review/lock.ts';
import { say, type CommandContext } from './command-context.ts';
import { readOptional } from './input-file.ts';
import { compileFile, openSession, type CompiledFile, type CompileSession } from './plan-file.ts';
import { listPlans } from './plan-path.ts';
import { examples, type Finish, type Program } from './program.ts';

const singular: Readonly<Record<string, string>> = { reportFields: 'report field', criteria: 'criterion', policies: 'policy' };

export function addLock(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('lock')
    .description('write PLAN.lock beside a plan: digests of the document, its addendum and its reading, as they were reviewed')
    .argument('<plan...>', "plan documents, folders that hold some, or patterns ('plans/**/*.md')")
    .option('--check', 'write nothing; exit code 2 where a lock is missing or does not hold any more')
    .addHelpText('after', examples('lock plans/run-proof-v4.md', 'lock --check plans/run-proof-v4.md', 'lock plans', 'lock --check plans'))
    .action(async (plans, options) => finish(await lock(plans, options.check === true, context)));
}

async function lock(paths: readonly string[], check: boolean, context: CommandContext): Promise<number> {
  let exitCode = 0;
  const session = openSession(false, context);
  const act = check ? checkLock : writeLock;
  try {
    for (const { path, diagnostic } of listPlans(paths, context)) {
      const problems = diagnostic === undefined ? await act(path, session, context) : [diagnostic];
      if (problems.length > 0) exitCode = usageExitCode;
      await say(context, problems);
    }
  } finally {
    await session.close();
  }
  return exitCode;
}

/** What speaks against executing this plan as the locked one; nothing where it is what was locked. */
export async function lockProblems(executed: CompiledFile, context: CommandContext): Promise<readonly Diagnostic[]> {
  const { path, plan, file } = executed;
  if (plan === undefined || file === undefined) return [];
  if (file.absolute === undefined)
    return [
      { severity: 'error', code: 'cli/no-lock', message: 'a plan from standard input has no lock', help: 'name the plan as a file, or leave --locked out' },
    ];
  const neutral = await compileNeutrally(path, context);
  const problems = await againstLock(path, neutral, context);
  if (problems.length > 0 || neutral.plan === undefined) return problems;
  const { readingOf } = await import('../model/reading.ts');
  // Given values declare names, and a name that is declared can make a hole of text that was none.
  const meant = (each: Plan): string => JSON.stringify(readingOf({ ...each, inputs: [] }));
  if (plan.sha256 === neutral.plan.sha256 && meant(plan) === meant(neutral.plan)) return [];
  return [
    {
      severity: 'error',
      code: 'cli/stale-lock',
      message: `with the values that are given from outside, \`${path}\` is read differently than it was locked`,
      help: 'declare these inputs in the addendum, under `inputs:`, and lock the plan again',
    },
  ];
}

async function checkLock(path: string, session: CompileSession, context: CommandContext): Promise<readonly Diagnostic[]> {
  const compiled = await compileNeutrally(path, context, session);
  const problems = [...compiled.diagnostics, ...(compiled.plan === undefined ? [] : await againstLock(path, compiled, context))].filter(
    (each) => each.severity !== 'warning',
  );
  if (problems.length === 0) context.out(`${stripToLine(lockPath(path))} holds\n`);
  return problems;
}

async function writeLock(path: string, session: CompileSession, context: CommandContext): Promise<readonly Diagnostic[]> {
  if (path === '-')
    return [
      { severity: 'error', code: 'cli/usage', message: 'a lock is written beside its plan, and standard input has no place', help: 'name the plan as a file' },
    ];
  const compiled = await compileNeutrally(path, context, session);
  if (compiled.plan === undefined || hasErrors(compiled.diagnostics)) {
    context.out(`${stripToLine(path)} ${compiled.file === undefined ? 'was not read' : 'does not compile'}: no lock was written\n`);
    return compiled.diagnostics;
  }
  const { lockDifferences, renderLock } = await import('../review/lock.ts');
  const now = await lockNow(compiled.plan, context);
  const target = lockPath(path);
  const found = await readLock(target, context);
  // A file of that name may be another program's: it is not written over.
  if (found.diagnostics.length > 0) return found.diagnostics;
  if (found.value !== undefined && lockDifferences(found.value, now).length === 0) {
    context.out(`${stripToLine(target)} holds already\n`);
    return [];
  }
  const unwritable = replaceFile(resolve(context.workingFolder, target), renderLock(now));
  if (unwritable !== undefined)
    return [{ severity: 'error', code: 'cli/lock-unusable', message: `\`${target}\` cannot be written: ${unwritable}`, help: 'make its folder writable' }];
  context.out(
    `${stripToLine(target)} written: ${Object.entries(now.counts)
      .filter(([, number]) => number > 0)
      .map(([nouns, number]) => count(number, singular[nouns] ?? nouns.replace(/s$/, '')))
      .join(', ')}\n`,
  );
  return [];
}

/** Without values from outside, as the lock has it: the same wherever and however a command is started. */
function compileNeutrally(path: string, context: CommandContext, session?: CompileSession): Promise<CompiledFile> {
  const request = {
    use: 'none',
    cached: false,
    environment: undefined,
    database: undefined,
    given: [],
    ...(session === undefined ? {} : { session }),
  } as const;
  return compileFile(path, request, context);
}

async function againstLock(path: string, { plan }: CompiledFile, context: CommandContext): Promise<readonly Diagnostic[]> {
  if (plan === undefined) return [];
  const target = lockPath(path);
  const found = await readLock(target, context);
  if (found.diagnostics.length > 0) return found.diagnostics;
  const again = `review it with \`${context.command} explain ${renderShellWord(path)}\`, then write the lock with \`${context.command} lock ${renderShellWord(path)}\``;
  if (found.value === undefined)
    return [{ severity: 'error', code: 'cli/no-lock', message: `\`${path}\` has no lock: there is no \`${target}\``, help: again }];
  const { lockDifferences } = await import('../review/lock.ts');
  const notes = lockDifferences(found.value, await lockNow(plan, context));
  return notes.length === 0 ? [] : [{ severity: 'error', code: 'cli/stale-lock', message: `\`${path}\` is not what \`${target}\` holds`, notes, help: again }];
}

async function lockNow(plan: Plan, context: CommandContext): Promise<Lock> {
  const { lockOf } = await import('../review/lock.ts');
  return lockOf(plan, { sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'), tool: `proofplan ${context.version}` });
}

/** `NAME.lock` beside `NAME.md`, as the addendum is. */
export function lockPath(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.lock`);
}

/** No value and no message where there is none. */
async function readLock(path: string, context: CommandContext): Promise<Checked<Lock>> {
  const file = await readOptional(path, context);
  if (file.value === undefined) return { value: undefined, diagnostics: file.diagnostics };
  const { validate } = await import('../compile/generated/lock-validator.js');
  const damaged = (what: string): Checked<Lock> => ({
    value: undefined,
    diagnostics: [
      { severity: 'error', code: 'cli/lock-unusable', message: `\`${path}\` is not a lock: ${what}`, help: 'remove it, review the plan, and lock it again' },
    ],
  });
  try {
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.value.bytes));
    if (validate(data)) return { value: data as Lock, diagnostics: [] };
    const [first] = validate.errors ?? [];
    return damaged(`${first?.instancePath || 'it'} ${first?.message ?? 'has another form'}`);
  } catch (error) {
    return damaged(messageOf(error));
  }
}

/** Put in place whole: a reader never sees half a lock. Answers with what went wrong. */
function replaceFile(path: string, text: string): string | undefined {
  const made = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(made, text, { flag: 'wx' });
    renameSync(made, path);
    return undefined;
  } catch (error) {
    rmSync(made, { force: true });
    return messageOf(error);
  }
}
