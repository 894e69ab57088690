/**
 * What a schema's validator found wrong, in our words and with the places of the author's file. ajv reports every branch of
 * every union; here each place gets one message, the one that says most.
 */
import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Span } from '../model/span.ts';
import { spanAt } from '../parse/text-document.ts';
import type { YamlDocument, YamlPointer } from '../parse/yaml-document.ts';
import { listed, pointerOf, type SchemaFinding } from './schema-finding.ts';
import { wrongValue } from './schema-value.ts';

/** A schema's function as `tools/build-validators.mjs` generates it. */
export interface Validator {
  (value: unknown): boolean;
  errors?: null | readonly ErrorObject[];
}

/** Checks a document against a schema. Sorted by place, at most one a place; empty when the document is as its schema says. */
export function schemaDiagnostics(validate: Validator, yaml: YamlDocument): readonly Diagnostic[] {
  if (validate(yaml.value)) return [];
  const found = findingsOf(namedKeys(validate.errors ?? []));
  // A keyword that is not known here must not turn a refusal into silence.
  const findings =
    found.length > 0
      ? found
      : [
          {
            pointer: [],
            of: 'value',
            code: 'compile/wrong-value',
            message: 'the document is not as its schema says',
            help: 'compare it with the schema',
          } as const,
        ];
  return oneAPlace(findings.map(({ pointer, of, ...rest }): Diagnostic => ({ severity: 'error', span: firstLineOf(yaml, pointer, of), ...rest })));
}

/** Sorted by place, and of those at the same place the first. */
export function oneAPlace(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const places = new Map<number, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const offset = diagnostic.span?.start.offset ?? 0;
    if (!places.has(offset)) places.set(offset, diagnostic);
  }
  return [...places].sort(([a], [b]) => a - b).map(([, diagnostic]) => diagnostic);
}

/** The place of a node, or of its key, cut at its first line's end: a frame shows one line. */
function firstLineOf(yaml: YamlDocument, pointer: YamlPointer, of: 'key' | 'value' = 'value'): Span {
  const { start, end } = yaml.spanOf(pointer, of);
  const lineEnd = /[\r\n]|$/.exec(yaml.text.text.slice(start.offset, end.offset))?.index ?? 0;
  return spanAt(yaml.text, start.offset, start.offset + lineEnd);
}

/** In the order of what says most, for `oneAPlace`. */
function findingsOf(errors: readonly ErrorObject[]): readonly SchemaFinding[] {
  const unknown = errors.filter((error) => error.keyword === 'additionalProperties').map(unknownKey);
  // A misspelt key explains the key that is then missing.
  const meant = new Set(unknown.map(({ object, nearest }) => `${object}/${nearest}`));
  return [
    ...unknown.map(({ finding }) => finding),
    ...errors.flatMap((error) => keyChoice(error, meant)),
    ...missingKeys(errors, meant),
    ...missingCompanions(errors),
    ...errors.flatMap(wrongValue),
  ];
}

/** ajv names the key in an error about a key only where the key's schema is not behind a `$ref`; here every such error does. */
function namedKeys(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const keys = new Set(
    errors.filter(({ keyword }) => keyword === 'propertyNames').map(({ instancePath, params }) => `${instancePath}/${params['propertyName']}`),
  );
  return errors.map((error) =>
    typeof error.data === 'string' && keys.has(`${error.instancePath}/${error.data}`) ? { ...error, propertyName: error.data } : error,
  );
}

function unknownKey(error: ErrorObject): { readonly finding: SchemaFinding; readonly object: string; readonly nearest: string | undefined } {
  const key = String(error.params['additionalProperty']);
  const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
  const nearest = nearestName(key, known);
  const finding: SchemaFinding = {
    pointer: [...pointerOf(error.instancePath), key],
    of: 'key',
    code: 'compile/unknown-key',
    message: `unknown key \`${key}\``,
    notes: [`known here: ${listed(known)}`],
    help: nearest === undefined ? 'remove it' : `did you mean \`${nearest}\`?`,
  };
  return { finding, object: error.instancePath, nearest };
}

/** Of a union whose branches only name the key that they need: none of the keys is there, or several are. */
function keyChoice(error: ErrorObject, meant: ReadonlySet<string>): readonly SchemaFinding[] {
  if (error.keyword !== 'oneOf' && error.keyword !== 'anyOf') return [];
  // For anything but a mapping every branch holds, and its type is the error.
  if (typeof error.data !== 'object' || error.data === null || Array.isArray(error.data)) return [];
  const data = error.data;
  const branches = Array.isArray(error.schema) ? error.schema.map(onlyRequired) : [];
  const keys = branches.flatMap((key) => (key === undefined ? [] : [key]));
  if (keys.length === 0 || keys.length !== branches.length) return [];
  const pointer = pointerOf(error.instancePath);
  const given = keys.filter((key) => Object.hasOwn(data, key));
  const last = given.at(-1);
  if (given.length > 1 && last !== undefined) {
    const message = `${listed(given)} exclude each other`;
    return [{ pointer: [...pointer, last], of: 'key', code: 'compile/conflicting-keys', message, help: 'keep one of them' }];
  }
  if (keys.some((key) => meant.has(`${error.instancePath}/${key}`))) return [];
  return [{ pointer, of: placeOf(pointer), code: 'compile/missing-key', message: `one of ${listed(keys)} is missing`, help: `add one of ${listed(keys)}` }];
}

function missingKeys(errors: readonly ErrorObject[], meant: ReadonlySet<string>): readonly SchemaFinding[] {
  const objects = new Map<string, string[]>();
  for (const error of errors) {
    const key = String(error.params['missingProperty']);
    if (error.keyword !== 'required' || onlyRequired(error.parentSchema) !== undefined || meant.has(`${error.instancePath}/${key}`)) continue;
    objects.set(error.instancePath, [...(objects.get(error.instancePath) ?? []), key]);
  }
  return [...objects].map(([path, keys]) => {
    const pointer = pointerOf(path);
    const message = keys.length === 1 ? `the key ${listed(keys)} is missing` : `the keys ${listed(keys)} are missing`;
    return { pointer, of: placeOf(pointer), code: 'compile/missing-key', message, help: `add ${listed(keys)}` };
  });
}

/** Keys that another key needs beside it. */
function missingCompanions(errors: readonly ErrorObject[]): readonly SchemaFinding[] {
  const owners = new Map<string, { readonly pointer: YamlPointer; readonly owner: string; readonly keys: string[] }>();
  for (const error of errors) {
    if (error.keyword !== 'dependencies') continue;
    const owner = String(error.params['property']);
    const pointer = [...pointerOf(error.instancePath), owner];
    const entry = owners.get(pointer.join('/')) ?? { pointer, owner, keys: [] };
    entry.keys.push(String(error.params['missingProperty']));
    owners.set(pointer.join('/'), entry);
  }
  return [...owners.values()].map(({ pointer, owner, keys }) => ({
    pointer,
    of: 'key',
    code: 'compile/missing-key',
    message: `\`${owner}\` needs ${listed(keys)} beside it`,
    help: `add ${listed(keys)}, or remove \`${owner}\``,
  }));
}

/** The key of a branch such as `{ required: ['run'] }`. */
function onlyRequired(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || Object.keys(schema).join() !== 'required') return undefined;
  const [key] = (schema as { readonly required: readonly string[] }).required;
  return key;
}

/** What is missing in a mapping is shown at the mapping's own key, in an item of a list at the item. */
function placeOf(pointer: YamlPointer): 'key' | 'value' {
  return typeof pointer.at(-1) === 'string' ? 'key' : 'value';
}
