/** What a schema cannot say about a project's configuration: names that lead nowhere, and values that come too late. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import { patternWithoutHole } from './addendum-conflict.ts';
import { holesIn } from './placeholder.ts';
import { listed } from './schema-finding.ts';
import { entriesAt, itemsAt, textAt, type YamlPart } from './yaml-part.ts';

export function configConflicts(top: YamlPart): readonly Diagnostic[] {
  const environments = entriesAt(top, 'environments');
  return [
    ...unknownDefault(
      top,
      environments.map(([name]) => name),
    ),
    ...environments.flatMap(([, part]) => environmentConflicts(part)),
  ];
}

function unknownDefault(top: YamlPart, names: readonly string[]): readonly Diagnostic[] {
  const chosen = top.get('default');
  if (chosen === undefined || names.includes(chosen.text)) return [];
  const nearest = nearestName(chosen.text, names);
  return [
    {
      severity: 'error',
      code: 'compile/unknown-environment',
      message: `there is no environment \`${chosen.text}\``,
      span: chosen.span,
      notes: [`environments: ${listed(names)}`],
      help: nearest === undefined ? `name one of ${listed(names)}` : `did you mean \`${nearest}\`?`,
    },
  ];
}

function environmentConflicts(part: YamlPart): readonly Diagnostic[] {
  const commands = itemsAt(part, 'prepare');
  const provides = entriesAt(part, 'provides');
  return [
    ...provides.flatMap(([name, provided]) => unusableProvided(name, provided, commands.length)),
    ...commands.flatMap((command, index) => unprovidedNames(command, index, provides)),
    ...itemsAt(part, 'witnesses').flatMap((witness, index, all) => unusableWitness(witness, all.slice(0, index))),
  ];
}

function unusableProvided(name: string, part: YamlPart, commands: number): readonly Diagnostic[] {
  const from = part.get('from');
  const line = part.get('line');
  if (from === undefined || line === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  if (prepareIndex(part) >= commands) {
    const help =
      commands === 0 ? 'add the command under `prepare`' : `name one of ${listed(Array.from({ length: commands }, (_, index) => `prepare.${index}`))}`;
    diagnostics.push({ severity: 'error', code: 'compile/unknown-prepare', message: `there is no \`${from.text}\``, span: from.span, help });
  }
  const holes = holesIn(line.text);
  if (holes.length === 0) diagnostics.push(patternWithoutHole(line.text, line.span));
  if (holes.length > 1 && !holes.some((hole) => hole.name === name)) {
    diagnostics.push({
      severity: 'error',
      code: 'compile/pattern-without-hole',
      message: `\`${line.text}\` has several holes, and none is \`<${name}>\``,
      span: line.span,
      help: `call the hole that is meant \`<${name}>\``,
    });
  }
  return diagnostics;
}

/** The `2` of `prepare.2`. */
export function prepareIndex(part: YamlPart): number {
  return Number(textAt(part, 'from').slice('prepare.'.length));
}

/** A `$PP_name` that is empty when the command runs: nothing provides it, or only a later command does. */
function unprovidedNames(command: YamlPart, index: number, provides: readonly (readonly [string, YamlPart])[]): readonly Diagnostic[] {
  const run = command.get('run');
  if (run === undefined) return [];
  const own = entriesAt(command, 'environment').map(([name]) => name);
  const used = new Set([...run.text.matchAll(/\$\{?PP_(\w+)/g)].map((match) => match[1] ?? '').filter((name) => !own.includes(`PP_${name}`)));
  return [...used].flatMap((name): readonly Diagnostic[] => {
    const source = provides.find(([provided]) => provided === name)?.[1];
    if (source !== undefined && (source.get('from') === undefined || prepareIndex(source) < index)) return [];
    const nearest = nearestName(
      name,
      provides.map(([provided]) => provided),
    );
    const message =
      source === undefined
        ? `nothing provides \`${name}\` to this command`
        : `\`${name}\` is provided only by \`${textAt(source, 'from')}\`, which has not run before this command`;
    const help =
      source === undefined
        ? nearest === undefined
          ? `add \`${name}\` under \`provides\``
          : `did you mean \`PP_${nearest}\`?`
        : 'change the order of the commands';
    return [{ severity: 'error', code: 'compile/unprovided-name', message, span: run.span, help }];
  });
}

function unusableWitness(part: YamlPart, before: readonly YamlPart[]): readonly Diagnostic[] {
  const chain = part.get('hash-chain') ?? part;
  const name = witnessName(part);
  const [row, query] = [chain.get('row'), chain.get('query')];
  const diagnostics: Diagnostic[] = [];
  if (before.some((other) => witnessName(other) === name)) {
    diagnostics.push({
      severity: 'error',
      code: 'compile/duplicate-entry',
      message: `a second witness is called \`${name}\``,
      span: part.span,
      help: 'give it a `name` of its own',
    });
  }
  if (row !== undefined && !/\{[^{}]+\}/.test(row.text)) {
    diagnostics.push({
      severity: 'error',
      code: 'compile/wrong-value',
      message: '`row` names no column, so every chain would be the same',
      span: row.span,
      help: 'write columns in braces, for example `{step_index}:{status}`',
    });
  }
  if (query !== undefined && !/\$1(?!\d)/.test(query.text)) {
    diagnostics.push({
      severity: 'error',
      code: 'compile/wrong-value',
      message: '`query` does not use `$1`, the seed',
      span: query.span,
      help: 'select the rows of the seed, for example `where run_id = $1`',
    });
  }
  return diagnostics;
}

function witnessName(part: YamlPart): string {
  return part.get('hash-chain')?.get('name')?.text ?? 'hash-chain';
}
