/** Finds and reads the project's configuration, and chooses the environment that a command means. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseSource, EnvironmentConfig, ProjectConfig } from '../model/environment.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { CommandContext } from './command-context.ts';
import { shortPath } from './folder.ts';
import { readInput } from './input-file.ts';

export const configName = 'proofplan.config.yaml';

/** The nearest configuration from `start` (absolute) upward; no value and no message where there is none. */
export async function readConfig(start: string, context: CommandContext): Promise<Checked<ProjectConfig>> {
  const found = findConfig(start);
  if (found === undefined) return { value: undefined, diagnostics: [] };
  const file = await readInput(shortPath(found, context), context);
  if (file.value === undefined) return { value: undefined, diagnostics: file.diagnostics };
  const [{ parseText }, { parseYaml }, { compileConfig }] = await Promise.all([
    import('../parse/text-document.ts'),
    import('../parse/yaml-document.ts'),
    import('../compile/config.ts'),
  ]);
  const text = parseText(file.value.bytes, file.value.path);
  if (text.value === undefined) return { value: undefined, diagnostics: text.diagnostics };
  const yaml = parseYaml(text.value.text, file.value.path);
  if (yaml.value === undefined) return { value: undefined, diagnostics: yaml.diagnostics };
  const config = compileConfig(yaml.value, { path: file.value.path, folder: dirname(found) });
  return { value: config.value, diagnostics: [...text.diagnostics, ...yaml.diagnostics, ...config.diagnostics] };
}

/** What a command says about its environment. */
export interface EnvironmentChoice {
  readonly environment: string | undefined;
  readonly database: string | undefined;
}

/**
 * The environment of a command: the named one, else the default. `--database` replaces its database. No value and no message
 * where neither a configuration nor a database is there: a plan may need none.
 */
export function chooseEnvironment(
  config: ProjectConfig | undefined,
  { environment, database }: EnvironmentChoice,
  context: CommandContext,
): Checked<EnvironmentConfig> {
  const source = database === undefined ? undefined : databaseSource(database);
  if (config === undefined) {
    if (environment !== undefined)
      return cannot({
        code: 'cli/no-config',
        message: `no \`${configName}\` was found that could say what \`${environment}\` is`,
        help: `write \`${configName}\` beside the plan or above it, or leave --environment out`,
      });
    return { value: source === undefined ? undefined : bareEnvironment(source, context), diagnostics: [] };
  }
  const names = config.environments.map((each) => each.name);
  const name = environment ?? config.default;
  const chosen = config.environments.find((each) => each.name === name);
  if (chosen !== undefined) return { value: source === undefined ? chosen : { ...chosen, database: source }, diagnostics: [] };
  const known =
    names.length === 0 ? 'the configuration names no environment' : `environments of \`${config.path}\`: ${names.map((each) => `\`${each}\``).join(', ')}`;
  if (name === undefined)
    return cannot({
      code: 'cli/no-environment',
      message: `\`${config.path}\` names no default environment`,
      notes: [known],
      help: names.length === 0 ? 'add one under `environments`' : `pass --environment ${names[0]}`,
    });
  const near = nearestName(name, names);
  return cannot({
    code: 'cli/unknown-environment',
    message: `there is no environment \`${name}\``,
    notes: [known],
    help: near === undefined ? `pass --environment with one of these` : `did you mean \`${near}\`?`,
  });
}

/** A database as the command line writes it: `embedded`, `env:NAME`, or an URL. */
function databaseSource(text: string): DatabaseSource {
  if (text === 'embedded') return { kind: 'embedded' };
  return text.startsWith('env:') ? { kind: 'environment-variable', name: text.slice('env:'.length) } : { kind: 'url', url: text };
}

function bareEnvironment(database: DatabaseSource, context: CommandContext): EnvironmentConfig {
  return {
    name: 'command line',
    workspace: context.workingFolder,
    database,
    path: [],
    prepare: [],
    prepareOutside: false,
    provides: [],
    inherit: [],
    witnesses: [],
  };
}

/** The path of the nearest configuration from `start` (absolute) upward. */
export function findConfig(start: string): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const path = join(folder, configName);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

function cannot(diagnostic: Omit<Diagnostic, 'severity'>): Checked<never> {
  return { value: undefined, diagnostics: [{ severity: 'error', ...diagnostic }] };
}
