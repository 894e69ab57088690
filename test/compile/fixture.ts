import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { parseYaml, type YamlDocument } from '../../src/parse/yaml-document.ts';

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures');

/** The names in a folder of fixtures. */
export function fixtureNames(folder: string): readonly string[] {
  return readdirSync(join(fixtures, folder)).filter((name) => name.endsWith('.yaml'));
}

export function fixtureText(path: string): string {
  return readFileSync(join(fixtures, path), 'utf8');
}

/** A text that is YAML, whatever else is wrong with it. */
export function yamlOf(text: string, path = 'a.yaml'): YamlDocument {
  const { value, diagnostics } = parseYaml(text, path);
  if (value === undefined) throw new Error(`not YAML: ${diagnostics.map(({ message }) => message).join('; ')}`);
  return value;
}

/** The diagnostics that a fixture announces in its first lines: `# 7:5 compile/unknown-key: unknown key …`, then ` → ` and the help. */
export function announced(text: string): readonly string[] {
  return [...text.matchAll(/^# (\d+:\d+ .+)$/gm)].map((match) => match[1] ?? '');
}

export function shown({ code, message, span, help }: Diagnostic): string {
  return `${span?.start.line}:${span?.start.column} ${code}: ${message} → ${help}`;
}
