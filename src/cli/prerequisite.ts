/** The plans that a plan links as its prerequisites: found, compiled, and looked through for circles. Each problem stands at its link. */
import { realpathSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Plan } from '../model/plan.ts';
import type { Span } from '../model/span.ts';
import { renderShellWord } from '../model/shell-word.ts';
import type { CommandContext } from './command-context.ts';
import { countSeverities } from './command-context.ts';
import type { CompiledFile, CompileRequest, Prerequisite } from './compiled-file.ts';

/** The links of a plan, each with the first precondition that demands it. */
function linksOf(plan: Plan): ReadonlyMap<string, Span> {
  const links = new Map<string, Span>();
  for (const { checks, span } of plan.preconditions)
    for (const check of checks) if (check.kind === 'plan' && !links.has(check.link)) links.set(check.link, span);
  return links;
}

interface LinkedPlans {
  readonly prerequisites: readonly Prerequisite[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `compile` compiles a file of the same command; `request.ancestors` are the plans that led here. */
export async function linkPrerequisites(
  { path, file, plan, environment }: CompiledFile,
  request: CompileRequest,
  context: CommandContext,
  compile: (path: string, request: CompileRequest, context: CommandContext) => Promise<CompiledFile>,
): Promise<LinkedPlans> {
  const prerequisites: Prerequisite[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [link, span] of plan === undefined ? [] : linksOf(plan)) {
    const problem = (code: DiagnosticCode, message: string, help: string, notes: readonly string[] = []): void =>
      void diagnostics.push({ severity: 'error', code, message, span, label: 'demanded here', ...(notes.length === 0 ? {} : { notes }), help });
    if (file?.absolute === undefined) {
      problem('cli/prerequisite-missing', `a plan from standard input has no folder in which \`${link}\` could be`, 'name the plan as a file');
      continue;
    }
    const target = normalize(join(dirname(path), link));
    const real = realOf(join(dirname(file.absolute), link));
    if (real === undefined) {
      problem('cli/prerequisite-missing', `there is no plan \`${target}\`, which has to be executed first`, 'correct the link, or write the plan');
      continue;
    }
    const ancestors = [...(request.ancestors ?? []), { path, real: realOf(file.absolute) ?? file.absolute }];
    const circle = ancestors.findIndex((ancestor) => ancestor.real === real);
    if (circle !== -1) {
      const way = [...ancestors.slice(circle).map((ancestor) => ancestor.path), target].join(' → ');
      problem('cli/prerequisite-circle', `\`${target}\` would have to be executed before itself`, 'take one of these links away', [way]);
      continue;
    }
    // What is kept has no circle below it, so none leads through this plan either.
    const compiled = request.session?.linked.get(real) ?? (await compile(target, { ...request, ancestors }, context));
    if (!compiled.diagnostics.some(({ code }) => code === 'cli/prerequisite-circle')) request.session?.linked.set(real, compiled);
    prerequisites.push({ link, compiled });
    const wrong = compiled.diagnostics.filter(({ severity }) => severity === 'error');
    const around = wrong.find(({ code }) => code === 'cli/prerequisite-circle');
    if (around !== undefined) {
      problem('cli/prerequisite-circle', around.message, around.help ?? '', around.notes);
      continue;
    }
    if (compiled.plan === undefined || wrong.length > 0)
      problem('cli/prerequisite-unusable', `\`${target}\`, which has to be executed first, does not compile`, `see \`${context.command} check ${renderShellWord(target)}\``, [
        countSeverities(compiled.diagnostics),
      ]);
    else if (request.use === 'chosen' && JSON.stringify(compiled.environment) !== JSON.stringify(environment))
      problem(
        'cli/prerequisite-unusable',
        `\`${target}\`, which has to be executed first, would be executed in another environment`,
        'let both plans have the same configuration, or name the environment with --environment',
        [`\`${path}\`: ${environment?.name ?? 'none'}; \`${target}\`: ${compiled.environment?.name ?? 'none'}`],
      );
  }
  return { prerequisites, diagnostics };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
