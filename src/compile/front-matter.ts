/**
 * The front matter of a Markdown plan may carry what an addendum would: same keys, same schema, and places in the document
 * itself. Without any such key it is somebody else's metadata and nobody's mistake.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Metadata } from '../model/plan.ts';
import type { MarkdownDocument } from '../parse/markdown-document.ts';
import { parseYaml, type YamlDocument } from '../parse/yaml-document.ts';
import { compileAddendum } from './addendum.ts';
import type { Addendum } from './addendum-shape.ts';
import { partOf } from './yaml-part.ts';

export interface FrontMatter {
  /** Keys that bind, for who explains the document. */
  readonly binds: readonly string[];
  /** Absent where it binds nothing, or where an error keeps it from binding. */
  readonly addendum?: Addendum;
  readonly metadata: readonly Metadata[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Keys of an addendum, each with the form that tells it from a word of somebody else's metadata (`report: weekly`). */
const ours: Readonly<Record<string, 'list' | 'mapping'>> = {
  defaults: 'mapping',
  inputs: 'mapping',
  preconditions: 'list',
  searches: 'list',
  probes: 'list',
  steps: 'list',
  captures: 'list',
  expectations: 'list',
  policies: 'list',
  tasks: 'list',
  criteria: 'list',
  report: 'list',
  accept: 'list',
};

export function readFrontMatter(document: MarkdownDocument): FrontMatter {
  const nothing = { binds: [], metadata: [], diagnostics: [] };
  const [block] = document.blocks;
  const source = document.text.text;
  if (block?.type !== 'front-matter' || !source.startsWith('---')) return nothing;
  const text = yamlOf(source, block.end);
  const { value: yaml, diagnostics } = parseYaml(text, document.text.path);
  // What cannot be read counts only where it would have bound something.
  if (yaml === undefined) return Object.keys(ours).some((key) => new RegExp(`^${key}:`, 'm').test(text)) ? { ...nothing, diagnostics } : nothing;
  if (typeof yaml.value !== 'object' || yaml.value === null || Array.isArray(yaml.value)) return nothing;
  return readKeys(yaml, Object.entries(yaml.value));
}

function readKeys(yaml: YamlDocument, entries: readonly (readonly [string, unknown])[]): FrontMatter {
  const named = entries.filter(([key]) => Object.hasOwn(ours, key));
  const bound = named.some(([key, value]) => hasForm(value, ours[key]));
  const others = entries.filter(([key]) => !Object.hasOwn(ours, key));
  const metadata = others.flatMap(([key, value]) =>
    value === null || typeof value === 'object' ? [] : [{ name: key, text: partOf(yaml, [key], value).text, span: yaml.spanOf([key]) }],
  );
  if (!bound) return { binds: [], metadata, diagnostics: named.map(([key]) => ordinaryWord(yaml, key)) };
  // The schema of an addendum wants the plan's name, which goes without saying here.
  const addendum = compileAddendum({ ...yaml, value: Object.assign(Object.create(null), { plan: yaml.path }, Object.fromEntries(named)) });
  const strange = others.filter(([key]) => !commonMetadata.has(key.toLowerCase())).map(([key]) => unknownKey(yaml, key));
  return {
    binds: named.map(([key]) => key),
    ...(addendum.value ? { addendum: addendum.value } : {}),
    metadata,
    diagnostics: [...addendum.diagnostics, ...strange],
  };
}

/** What stands in front matter everywhere. */
const commonMetadata = new Set(
  'plan title date author authors owner version status tags description id name audience goal reviewer reviewers updated created lang language layout draft slug category categories'.split(
    ' ',
  ),
);

function hasForm(value: unknown, form: 'list' | 'mapping' | undefined): boolean {
  return form === 'list'
    ? Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)
    : typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ordinaryWord(yaml: YamlDocument, key: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'compile/unknown-key',
    message: `\`${key}\` is read as plain metadata: it has not the form that binds something`,
    span: yaml.spanOf([key], 'key'),
    help: `write \`${key}\` as in an addendum if it is to bind something`,
  };
}

function unknownKey(yaml: YamlDocument, key: string): Diagnostic {
  const near = nearestName(key, Object.keys(ours));
  return {
    severity: near === undefined ? 'warning' : 'error',
    code: 'compile/unknown-key',
    message: near === undefined ? `\`${key}\` binds nothing and is kept as metadata` : `unknown key \`${key}\``,
    span: yaml.spanOf([key], 'key'),
    help: near === undefined ? 'remove it, or write it as a line of the document' : `did you mean \`${near}\`?`,
  };
}

/** The text up to the closing line, with the opening one as a comment of the same length: places stay those of the document. */
function yamlOf(source: string, end: number): string {
  const first = source.search(/[\r\n]|$/);
  const last = Math.max(source.lastIndexOf('\n', end - 1), first);
  return `#${' '.repeat(Math.max(0, first - 1))}${source.slice(first, last)}\n`;
}
