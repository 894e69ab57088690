/** What a command runs in: its folder inside the workspace, and an environment in which nothing is inherited. */
import { realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { EngineContext } from '../model/contract.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import type { Splice, Step } from '../model/step.ts';

/** The step's own variables over the execution's, and each hole's value under the name of its carrier, escaped for its place. */
export function composeEnvironment(
  step: { readonly id: string; readonly span: Span; readonly splices: readonly Splice[]; readonly environment: Readonly<Record<string, string>> },
  context: Pick<EngineContext, 'environment' | 'bindings'>,
): Checked<Readonly<Record<string, string>>> {
  const carriers: Record<string, string> = {};
  for (const splice of step.splices) {
    const bound = readBinding(splice.name, step, context);
    if (bound.value === undefined) return { value: undefined, diagnostics: bound.diagnostics };
    const text = escapeFor(splice.format, bound.value);
    const present = carriers[splice.carrier];
    if (present !== undefined && present !== text) return { value: undefined, diagnostics: [twoTexts(splice, step)] };
    carriers[splice.carrier] = text;
  }
  const environment = { ...context.environment, ...step.environment, ...carriers };
  for (const [name, text] of Object.entries(environment)) {
    if (`${name}${text}`.includes('\0')) return { value: undefined, diagnostics: [unusable(name, 'it holds a NUL character', step)] };
  }
  return { value: environment, diagnostics: [] };
}

/** The text of a hole's value. Absent, or null, is a problem: a hole is never filled with an empty string instead. */
export function readBinding(name: string, step: Pick<Step, 'id' | 'span'>, context: Pick<EngineContext, 'bindings'>): Checked<string> {
  const binding = context.bindings.get(name);
  if (binding === undefined) {
    return {
      value: undefined,
      diagnostics: [
        {
          severity: 'error',
          code: 'engine/missing-binding',
          message: `nothing supplied \`${name}\` before step ${step.id} needed it`,
          span: step.span,
          help: `pass --set ${name}=<value>, or record \`${name}\` in an earlier step`,
        },
      ],
    };
  }
  if (binding.value.text === null) return { value: undefined, diagnostics: [unusable(name, 'it is null', step)] };
  return { value: binding.value.text, diagnostics: [] };
}

function escapeFor(format: Splice['format'], text: string): string {
  if (format === 'json') return JSON.stringify(text).slice(1, -1);
  // Through bytes: half a surrogate pair makes `encodeURIComponent` throw.
  if (format === 'url') return encodeURIComponent(Buffer.from(text).toString());
  return text;
}

function unusable(name: string, reason: string, step: Pick<Step, 'id' | 'span'>): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/unusable-value',
    message: `the value of \`${name}\` cannot be given to step ${step.id}: ${reason}`,
    span: step.span,
    help: `look where \`${name}\` comes from, and give it a value that is plain text`,
  };
}

function twoTexts(splice: Splice, step: Pick<Step, 'id' | 'span'>): Diagnostic {
  return unusable(splice.name, `\`${splice.carrier}\` would have to carry it in two different forms`, step);
}

/** The absolute folder that a step runs in, links resolved. It must exist, and lie in the workspace. */
export function resolveFolder(workspace: string, workingDirectory: string, step: Pick<Step, 'id' | 'span'>): Checked<string> {
  const folder = resolve(workspace, workingDirectory);
  try {
    const [root, resolved] = [realpathSync.native(workspace), realpathSync.native(folder)];
    if (!statSync(resolved).isDirectory()) return { value: undefined, diagnostics: [noFolder(workingDirectory, step, 'it is not a folder')] };
    if (resolved === root || resolved.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return { value: resolved, diagnostics: [] };
  } catch {
    return { value: undefined, diagnostics: [noFolder(workingDirectory, step, 'it does not exist')] };
  }
  return {
    value: undefined,
    diagnostics: [
      {
        severity: 'error',
        code: 'engine/outside-workspace',
        message: `step ${step.id} is to run in \`${workingDirectory}\`, which lies outside the workspace`,
        span: step.span,
        help: 'name a folder below the workspace',
      },
    ],
  };
}

function noFolder(workingDirectory: string, step: Pick<Step, 'id' | 'span'>, reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/no-such-directory',
    message: `step ${step.id} is to run in \`${workingDirectory}\`: ${reason}`,
    span: step.span,
    help: 'create the folder, or bind another working directory in the addendum',
  };
}
