/** A plan as a command names it: read with its addendum and the project's configuration, and compiled. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { addendumPath } from '../compile/addendum-path.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { ProjectConfig } from '../model/environment.ts';
import type { Plan } from '../model/plan.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import type { CommandContext } from './command-context.ts';
import { chooseEnvironment, readConfig } from './config-file.ts';
import { cacheFolder } from './folder.ts';
import { readInput, readOptional, type InputFile } from './input-file.ts';
import type { CompiledFile, CompileRequest, CompileSession } from './compiled-file.ts';
import { linkPrerequisites } from './prerequisite.ts';

export type { CompiledFile, CompileRequest, CompileSession } from './compiled-file.ts';

export function openSession(cached: boolean, context: CommandContext): CompileSession {
  let parser: Promise<SqlParser> | undefined;
  const configs = new Map<string, Promise<Checked<ProjectConfig>>>();
  const create = async (): Promise<SqlParser> => {
    const [{ createSqlParser }, { createCachingParser }] = await Promise.all([import('../policy/sql-parser.ts'), import('./parse-cache.ts')]);
    return cached ? createCachingParser(createSqlParser, join(cacheFolder(context), 'sql'), context.version) : createSqlParser();
  };
  return {
    parser: () => (parser ??= create()),
    config: (folder) => {
      const read = configs.get(folder) ?? readConfig(folder, context);
      configs.set(folder, read);
      return read;
    },
    linked: new Map(),
    close: async () => (await parser)?.close(),
  };
}

/** Compiles a plan document. Never rejects for what a person wrote. */
export async function compileFile(path: string, request: CompileRequest, context: CommandContext): Promise<CompiledFile> {
  const read = await readInput(path, context);
  if (read.value === undefined) return { path, addendum: undefined, plan: undefined, environment: undefined, file: undefined, diagnostics: read.diagnostics };
  const addendum = await readAddendum(read.value, context);
  return compileInput(read.value, addendum, request, context);
}

/** The same for a text that was read, or made. */
export async function compileInput(file: InputFile, beside: Checked<InputFile> | undefined, request: CompileRequest, context: CommandContext): Promise<CompiledFile> {
  const { path } = file;
  const addendum = beside ?? { value: undefined, diagnostics: [] };
  const nothing = { path, addendum: undefined, plan: undefined, environment: undefined };
  const session = request.session ?? openSession(request.cached, context);
  const config = await session.config(file.absolute === undefined ? context.workingFolder : dirname(file.absolute));
  const chosen = request.use === 'none' || config.diagnostics.length > 0 ? { value: undefined, diagnostics: [] } : chooseEnvironment(config.value, request, context);
  const outside = [...addendum.diagnostics, ...config.diagnostics, ...chosen.diagnostics];
  // A configuration that cannot be read might forbid what the plan does: nothing is compiled without it.
  if (outside.some((diagnostic) => diagnostic.severity !== 'warning')) return { ...nothing, file, diagnostics: outside };
  const [{ compilePlan }, parser] = await Promise.all([import('../compile/compile-plan.ts'), session.parser()]);
  try {
    const compiled = await compilePlan({
      path: file.path,
      bytes: file.bytes,
      ...(addendum.value === undefined ? {} : { addendum: { path: addendum.value.path, bytes: addendum.value.bytes } }),
      ...(config.value === undefined ? {} : { baseline: config.value.baseline }),
      given: [...request.given, ...(chosen.value?.provides.map((provided) => provided.name) ?? [])],
      inherited: (chosen.value === undefined ? (config.value?.environments ?? []) : [chosen.value]).flatMap((environment) => environment.inherit),
      hasDatabase: request.use === 'none' || chosen.value !== undefined,
      demandValues: request.use === 'chosen',
      parser,
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    });
    const result = { path, file, addendum: addendum.value, plan: compiled.plan, environment: chosen.value, diagnostics: [...outside, ...compiled.diagnostics], decisions: compiled.decisions ?? [] };
    const linked = await linkPrerequisites(result, { ...request, session }, context, compileFile);
    return { ...result, diagnostics: [...result.diagnostics, ...linked.diagnostics], prerequisites: linked.prerequisites };
  } finally {
    if (request.session === undefined) await session.close();
  }
}

/** Does anything in the plan ask a database? */
export function needsDatabase(plan: Plan): boolean {
  return plan.inputs.some((input) => input.type === 'database') || plan.steps.some((step) => step.kind === 'sql-assert') || plan.preconditions.some(({ checks }) => checks.some((check) => check.kind === 'database-reachable'));
}

async function readAddendum(file: InputFile, context: CommandContext): ReturnType<typeof readOptional> {
  return file.absolute === undefined ? { value: undefined, diagnostics: [] } : readOptional(addendumPath(file.path), context);
}
