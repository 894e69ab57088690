/**
 * Compiles `proofplan.config.yaml`. Pure: folders are joined, none is looked at; whether a workspace or a program is there is
 * found out by who needs it.
 */
import { resolve } from 'node:path';
import type { Checked } from '../model/diagnostic.ts';
import type { DatabaseSource, EnvironmentConfig, HashChainWitness, PrepareCommand, ProjectConfig, Provided, PythonRequirement } from '../model/environment.ts';
import type { ValueType } from '../model/value.ts';
import type { YamlDocument } from '../parse/yaml-document.ts';
import { configConflicts, prepareIndex } from './config-conflict.ts';
import { validate } from './generated/config-validator.js';
import { oneAPlace, schemaDiagnostics } from './schema-diagnostic.ts';
import { booleanAt, entriesAt, freeze, given, itemsAt, numberAt, partOf, placed, textAt, textsAt, type YamlPart } from './yaml-part.ts';

/** A prepare command has as long as a step. */
const prepareTimeoutMs = 600_000;

/** `path` is the file as the user named it, `folder` its absolute folder. With any error there is no value. */
export function compileConfig(yaml: YamlDocument, { path, folder }: { readonly path: string; readonly folder: string }): Checked<ProjectConfig> {
  const wrong = schemaDiagnostics(validate, yaml);
  if (wrong.length > 0) return { value: undefined, diagnostics: wrong };
  const top = partOf(yaml);
  const conflicts = configConflicts(top);
  if (conflicts.length > 0) return { value: undefined, diagnostics: oneAPlace(conflicts) };
  const config: ProjectConfig = {
    path,
    ...given({ default: top.get('default')?.text }),
    environments: entriesAt(top, 'environments').map(([name, part]) => compileEnvironment(name, part, folder)),
    baseline: itemsAt(top, 'policies').map(placed),
  };
  return { value: freeze(config), diagnostics: [] };
}

function compileEnvironment(name: string, part: YamlPart, folder: string): EnvironmentConfig {
  const workspace = resolve(folder, textAt(part, 'workspace'));
  const python = part.get('python');
  return {
    name,
    workspace,
    database: databaseSource(part.get('database')),
    path: itemsAt(part, 'path').map((item) => resolve(workspace, item.text)),
    ...given({ python: python && pythonRequirement(python) }),
    prepare: itemsAt(part, 'prepare').map(prepareCommand),
    prepareOutside: booleanAt(part, 'prepareOutside') ?? false,
    ...(booleanAt(part, 'parallel') === true ? { parallel: true } : {}),
    provides: entriesAt(part, 'provides').map(([provided, value]) => compileProvided(provided, value)),
    inherit: itemsAt(part, 'inherit').map((item) => item.text),
    witnesses: itemsAt(part, 'witnesses').map(hashChainWitness),
  };
}

function databaseSource(part: YamlPart | undefined): DatabaseSource {
  const variable = part?.get('env');
  if (variable !== undefined) return { kind: 'environment-variable', name: variable.text };
  return part === undefined || part.text === 'embedded' ? { kind: 'embedded' } : { kind: 'url', url: part.text };
}

function pythonRequirement(part: YamlPart): PythonRequirement {
  return {
    virtualEnvironment: textAt(part, 'virtualEnvironment'),
    requirements: textAt(part, 'requirements'),
    minimum: part.get('minimum')?.text ?? '3.9',
  };
}

function prepareCommand(part: YamlPart): PrepareCommand {
  const plans = part.get('plans');
  const inputs = part.get('for');
  return {
    run: textAt(part, 'run'),
    workingDirectory: part.get('workingDirectory')?.text ?? '.',
    environment: textsAt(part, 'environment'),
    ...given({ plans: plans?.items().map((item) => item.text), forInputs: inputs?.items().map((item) => item.text) }),
    timeoutMs: numberAt(part, 'timeoutMs') ?? prepareTimeoutMs,
  };
}

function compileProvided(name: string, part: YamlPart): Provided {
  const type = given({ type: part.get('type')?.text as ValueType | undefined });
  const line = part.get('line');
  if (line === undefined) return { name, kind: 'constant', text: (part.get('value') ?? part).text, ...type };
  return { name, kind: 'prepare-line', prepare: prepareIndex(part), pattern: line.text, ...type };
}

function hashChainWitness(part: YamlPart): HashChainWitness {
  const chain = part.get('hash-chain') ?? part;
  return {
    name: chain.get('name')?.text ?? 'hash-chain',
    algorithm: 'sha256',
    seed: textAt(chain, 'seed'),
    row: textAt(chain, 'row'),
    query: textAt(chain, 'query'),
    root: textAt(chain, 'root'),
    ...given({ contradiction: chain.get('contradiction')?.text }),
  };
}
