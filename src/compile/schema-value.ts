/** Errors of a schema about one value: its type, its form, its size. Keywords that only repeat others are left out. */
import type { ErrorObject } from 'ajv';
import { nearestName } from '../model/nearest-name.ts';
import type { YamlPointer } from '../parse/yaml-document.ts';
import { listed, pointerOf, type SchemaFinding } from './schema-finding.ts';

/** The finding of one error; none for errors about keys, and for those that only say that a branch did not fit. */
export function wrongValue(error: ErrorObject): readonly SchemaFinding[] {
  const pointer = pointerOf(error.instancePath);
  if (error.propertyName !== undefined) return [wrongKey(error, [...pointer, error.propertyName])];
  const what = nameOf(pointer);
  switch (error.keyword) {
    case 'type':
      return [
        {
          pointer,
          of: 'value',
          code: 'compile/wrong-type',
          message: `${what} must be ${typesOf(error.schema)}, not ${kindOf(error.data)}`,
          help: typeHelp(error),
        },
      ];
    case 'enum':
    case 'const':
      return [wrongChoice(error, pointer, what)];
    case 'pattern':
      return [
        {
          pointer,
          of: 'value',
          code: 'compile/wrong-value',
          message: `${what} must be a ${formOf(error)}`,
          help: exampleOf(error) ?? `write a ${formOf(error)}`,
        },
      ];
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return [tooFew(error, pointer, what)];
    case 'maxItems':
      return [
        {
          pointer,
          of: 'value',
          code: 'compile/wrong-value',
          message: `${what} must have at most ${error.params['limit']} items`,
          help: exampleOf(error) ?? 'remove the rest',
        },
      ];
    case 'minimum':
      return [
        {
          pointer,
          of: 'value',
          code: 'compile/wrong-value',
          message: `${what} must be at least ${error.params['limit']}`,
          help: exampleOf(error) ?? 'write a larger number',
        },
      ];
    case 'maximum':
      return [
        { pointer, of: 'value', code: 'compile/wrong-value', message: `${what} must be at most ${error.params['limit']}`, help: 'write a smaller number' },
      ];
    case 'uniqueItems':
      return [
        {
          pointer: [...pointer, Math.max(error.params['i'], error.params['j'])],
          of: 'value',
          code: 'compile/duplicate-entry',
          message: `${what} has the same item twice`,
          help: 'remove one of the two',
        },
      ];
    default:
      return [];
  }
}

function wrongKey(error: ErrorObject, pointer: YamlPointer): SchemaFinding {
  const message = error.keyword === 'pattern' ? `\`${error.propertyName}\` must be a ${formOf(error)}` : `\`${error.propertyName}\` cannot be a key here`;
  return { pointer, of: 'key', code: 'compile/wrong-value', message, help: exampleOf(error) ?? 'rename it' };
}

function wrongChoice(error: ErrorObject, pointer: YamlPointer, what: string): SchemaFinding {
  const choices: readonly unknown[] = error.keyword === 'const' ? [error.schema] : Array.isArray(error.schema) ? error.schema : [];
  const nearest = typeof error.data === 'string' ? nearestName(error.data, choices.map(String)) : undefined;
  const message = choices.length === 1 ? `${what} must be ${listed(choices)}` : `${what} must be one of ${listed(choices)}`;
  return {
    pointer,
    of: 'value',
    code: 'compile/wrong-value',
    message,
    help: nearest === undefined ? (choices.length === 1 ? `write ${listed(choices)}` : 'write one of them') : `did you mean \`${nearest}\`?`,
  };
}

function tooFew(error: ErrorObject, pointer: YamlPointer, what: string): SchemaFinding {
  const limit = Number(error.params['limit']);
  if (error.keyword === 'minProperties' && limit > 1) {
    return { pointer, of: 'value', code: 'compile/empty-value', message: `${what} binds nothing`, help: 'say what it binds, or remove it' };
  }
  if (limit > 1)
    return {
      pointer,
      of: 'value',
      code: 'compile/wrong-value',
      message: `${what} must have at least ${limit} items`,
      help: exampleOf(error) ?? 'add the rest',
    };
  return { pointer, of: 'value', code: 'compile/empty-value', message: `${what} is empty`, help: exampleOf(error) ?? 'give a value, or remove it' };
}

function nameOf(pointer: YamlPointer): string {
  const last = pointer.at(-1);
  if (last === undefined) return 'the document';
  if (typeof last === 'string') return `\`${last}\``;
  const list = pointer.findLast((part) => typeof part === 'string');
  return list === undefined ? `item ${last + 1}` : `item ${last + 1} of \`${list}\``;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
  object: 'a mapping of keys',
  array: 'a list',
  null: 'nothing',
};

function typesOf(schema: unknown): string {
  return (Array.isArray(schema) ? schema : [schema]).map((type) => typeNames[String(type)] ?? String(type)).join(' or ');
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean' || typeof value === 'number') return `\`${value}\``;
  return typeNames[typeof value] ?? 'that';
}

function typeHelp(error: ErrorObject): string {
  const wanted = [error.schema].flat();
  if (error.data === null) return exampleOf(error) ?? 'give a value, or remove it';
  if (wanted.includes('string') && typeof error.data !== 'object') return 'put it in quotes';
  return exampleOf(error) ?? `write ${typesOf(error.schema)}`;
}

function formOf(error: ErrorObject): string {
  return String(error.parentSchema?.['title'] ?? 'text of another form');
}

function exampleOf(error: ErrorObject): string | undefined {
  const examples: unknown = error.parentSchema?.['examples'];
  if (!Array.isArray(examples) || examples.length === 0) return undefined;
  return `for example \`${flow(examples[0])}\``;
}

/** A value as YAML's flow style has it, near enough for a hint. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')} }`;
}
