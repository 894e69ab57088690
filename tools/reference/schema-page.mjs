// docs/reference/schemas.md and one page a schema: every key with its type and meaning, from the schema's own descriptions.
import { stringify } from 'yaml';
import { anchor, cell, code, fence, page, prose, sentence } from './markdown.mjs';

/** Who writes a file of each schema, and where more is said. Others are listed behind them. */
const groups = [
  ['What people write', ['config', 'addendum', 'plan']],
  ['What an execution leaves', ['verdict', 'event', 'lock', 'proof']],
];

export function renderSchemas(schemas) {
  const named = new Set(groups.flatMap(([, names]) => names));
  const all = [...groups, ['What commands print with `--json`', schemas.map(({ name }) => name).filter((name) => !named.has(name))]];
  const pages = schemas.map(({ name, schema }) => [`schema-${name}.md`, schemaPage(name, schema)]);
  return {
    'schemas.md': page('Schemas', 'schemas/', [
      'Every file that proofplan reads or writes has a JSON Schema (draft 7) in [`schemas/`](../../schemas/), which is part of the package: `proofplan/schemas/config.schema.json`.',
      'An editor that is told of it completes keys and shows what they mean; for YAML, with the language server of YAML, the first line of the file does it:',
      '',
      ...fence('# yaml-language-server: $schema=node_modules/proofplan/schemas/config.schema.json', 'yaml'),
      '',
      'Schemas of what proofplan writes carry `schemaVersion`. It is raised when a reader of the last version could misread the new one; keys that are added do not raise it.',
      '',
      ...all.flatMap(([title, names]) => [
        `## ${title}`,
        '',
        ...names.flatMap((name) => {
          const found = schemas.find((each) => each.name === name);
          return found === undefined ? [] : [`- [${code(found.schema.title)}](schema-${name}.md): ${prose(sentence(found.schema.description ?? ''))}`];
        }),
        '',
      ]),
    ]),
    ...Object.fromEntries(pages),
  };
}

function schemaPage(name, schema) {
  const definitions = Object.entries(schema.definitions ?? {});
  // What has keys has a section of its own; the other definitions are said where they are used.
  const sections = definitions.filter(([, definition]) => hasKeys(definition));
  const reader = { definitions: schema.definitions ?? {}, sections: new Set(sections.map(([key]) => key)) };
  return page(schema.title, `schemas/${name}.schema.json`, [
    prose(sentence(schema.description ?? '')),
    '',
    `Schema: [\`schemas/${name}.schema.json\`](../../schemas/${name}.schema.json). Required keys are **bold**. [All schemas](schemas.md).`,
    '',
    ...bodyOf(schema, reader),
    ...sections.flatMap(([key, definition]) => [
      `## ${key}`,
      '',
      ...(definition.description === undefined ? [] : [prose(sentence(definition.description)), '']),
      ...bodyOf(definition, reader),
    ]),
  ]);
}

const hasKeys = (node) => node.properties !== undefined || (node.oneOf ?? node.anyOf ?? []).some((each) => each.properties !== undefined);

/** The table of a mapping, or one for each of its forms. */
function bodyOf(node, reader) {
  const forms = node.oneOf ?? node.anyOf ?? [];
  const written = forms.filter((each) => each.properties !== undefined || each.type !== undefined || each.$ref !== undefined || each.const !== undefined);
  const own = node.properties === undefined ? [] : [...mixed(node), ...keyTable(node, reader), ...restrictions(node), ...examplesOf(node)];
  if (written.length === 0) return own.length > 0 ? own : [sentence(typeOf(node, reader)), ''];
  if (!written.some((each) => each.properties !== undefined)) return [...own, `One of: ${written.map((each) => typeOf(each, reader)).join('; ')}.`, ''];
  return [
    ...own,
    ...written.flatMap((form, index) => [
      `**${index === 0 ? 'Either' : 'or'}** ${form.description === undefined ? '' : prose(sentence(form.description))}`.trimEnd(),
      '',
      ...(form.properties === undefined ? [typeOf(form, reader), ''] : [...keyTable(form, reader), ...restrictions(form)]),
    ]),
  ];
}

/** A mapping, or something shorter in its place. */
function mixed(node) {
  const others = [node.type].flat().filter((each) => each !== 'object' && each !== undefined);
  if (others.length === 0) return [];
  const texts = (node.examples ?? []).filter((each) => typeof each === 'string').map(code);
  const shown = others.map((each) => plainTypes[each] ?? each).join(' or ');
  return [`Either ${shown}${texts.length === 0 ? '' : ` (such as ${texts.join(', ')})`}, or a mapping:`, ''];
}

function keyTable(node, reader) {
  return ['| key | type | meaning |', '|---|---|---|', ...keyRows(node, '', reader).map((row) => `| ${row.map(cell).join(' | ')} |`), ''];
}

/** Mappings in mappings are rows of the same table, `plan.path` and `steps[].id`. */
function keyRows(node, before, reader) {
  return Object.entries(node.properties).flatMap(([key, value]) => {
    const name = `${before}${key}`;
    const shown = (node.required ?? []).includes(key) ? `**${code(name)}**` : code(name);
    const item = value.items ?? {};
    const inner =
      value.properties === undefined ? (item.properties === undefined ? [] : keyRows(item, `${name}[].`, reader)) : keyRows(value, `${name}.`, reader);
    return [[shown, typeOf(value, reader), meaningOf(value, reader)], ...inner];
  });
}

function meaningOf(node, reader) {
  const target = node.$ref === undefined ? {} : (reader.definitions[refName(node)] ?? {});
  // A definition with a section says itself what it is.
  const description = node.description ?? (reader.sections.has(refName(node)) ? '' : target.description) ?? '';
  const limits = limitsOf({ ...target, ...node });
  return [prose(sentence(description)), ...limits].filter((part) => part !== '').join(' ');
}

function limitsOf(node) {
  const limits = [];
  if (node.minimum !== undefined && node.maximum !== undefined) limits.push(`From ${node.minimum} to ${node.maximum}.`);
  else if (node.minimum !== undefined && node.minimum > 1) limits.push(`At least ${node.minimum}.`);
  else if (node.maximum !== undefined) limits.push(`At most ${node.maximum}.`);
  if (node.default !== undefined) limits.push(`Default: ${code(JSON.stringify(node.default))}.`);
  const [example] = node.examples ?? [];
  if (example !== undefined && JSON.stringify(example).length <= 80)
    limits.push(`Example: ${code(typeof example === 'string' ? example : stringify(example, { collectionStyle: 'flow', lineWidth: 0 }).trim())}.`);
  return limits;
}

const refName = (node) => node.$ref?.split('/').at(-1) ?? '';

const plainTypes = { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false', null: 'null', object: 'mapping', array: 'list' };

function typeOf(node, reader) {
  if (node.$ref !== undefined) {
    const name = refName(node);
    return reader.sections.has(name) ? `[${name}](#${anchor(name)})` : typeOf(reader.definitions[name] ?? {}, reader);
  }
  if (node.const !== undefined) return code(JSON.stringify(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(typeof value === 'string' ? value : JSON.stringify(value))).join(', ');
  const forms = node.oneOf ?? node.anyOf;
  if (forms !== undefined) return [...new Set(forms.map((each) => typeOf(each, reader)))].join(' or ');
  if (node.type === 'array') return node.items === undefined || Array.isArray(node.items) ? 'list' : `list of ${typeOf(node.items, reader)}`;
  if (node.type === 'object' && node.properties === undefined && typeof node.additionalProperties === 'object')
    return `mapping of ${node.propertyNames === undefined ? 'names' : namesOf(node.propertyNames, reader)} to ${typeOf(node.additionalProperties, reader)}`;
  // The title of a pattern says in words what it matches.
  if (node.pattern !== undefined && node.title !== undefined) return node.title;
  if (Array.isArray(node.type)) return node.type.map((each) => plainTypes[each] ?? each).join(' or ');
  return plainTypes[node.type] ?? 'anything';
}

function namesOf(node, reader) {
  const target = node.$ref === undefined ? node : (reader.definitions[refName(node)] ?? {});
  return target.title ?? 'names';
}

/** Which keys stand together, and of which one is needed. */
function restrictions(node) {
  const together = Object.entries(node.dependencies ?? {})
    .filter(([, needed]) => Array.isArray(needed))
    .map(([key, needed]) => `${code(key)} stands only with ${needed.map(code).join(' and ')}.`);
  const needed = [
    ['oneOf', 'Exactly one of'],
    ['anyOf', 'At least one of'],
  ].flatMap(([key, words]) => {
    const sets = (node[key] ?? []).map((form) => (form.properties === undefined && form.required !== undefined ? form.required : undefined));
    if (sets.length === 0 || sets.includes(undefined)) return [];
    return [`${words} ${sets.map((set) => set.map(code).join(' with ')).join(', ')} is needed.`];
  });
  const said = [...needed, ...together];
  return said.length === 0 ? [] : [said.join(' '), ''];
}

/** Of a whole mapping: the first one. */
function examplesOf(node) {
  const [example] = node.examples ?? [];
  return example === undefined || typeof example !== 'object' ? [] : ['Example:', '', ...fence(stringify(example), 'yaml'), ''];
}
