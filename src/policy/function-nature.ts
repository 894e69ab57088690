/** What is known of a function without its text: its language, its extension, its own settings. */
import type { Catalogue, CatalogueFunction } from '../model/catalogue.ts';
import type { SearchPath } from './catalogue-index.ts';
import { computesOnly } from './known-extension.ts';
import type { SqlEffect } from './sql-effect.ts';
import { classifyFunction } from './sql-function.ts';

/** Built in, volatile because they are triggers, and change nothing but the row before them. */
const harmlessTriggers = /^(?:RI_FKey_\w+|suppress_redundant_updates_trigger|tsvector_update_trigger(?:_column)?|unique_key_recheck)$/;

export function isHarmlessFunction({ schema, name }: CatalogueFunction, harmless: readonly string[] = []): boolean {
  if (harmless.includes(name) || harmless.includes(`${schema}.${name}`)) return true;
  return schema === 'pg_catalog' && harmlessTriggers.test(name);
}

/** Compiled code and other languages: the built-in ones by their names, known extensions by what they declare, else nobody knows. */
export function functionOpacity(called: CatalogueFunction): SqlEffect | undefined {
  const { schema, name, language, body } = called;
  if (classifyFunction([schema, name]) === 'guard') return { kind: 'function', names: [schema, name] };
  if (schema === 'pg_catalog') return { kind: 'function', names: ['pg_catalog', name] };
  if (computesOnly(called)) return undefined;
  // Another name for a built-in one.
  if (language === 'internal') return { kind: 'function', names: [body] };
  return { kind: 'opaque', what: `function ${name}() in the language ${language}`, known: false };
}

/** The schemas in which the names of its text are looked for. */
export function pathOf({ settings }: CatalogueFunction, caller: SearchPath, { searchPath }: Catalogue): SearchPath {
  const setting = settings.find((text) => text.startsWith('search_path='));
  if (setting === undefined) return caller;
  const names = setting
    .slice('search_path='.length)
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return names.flatMap((name) => (name === '$user' ? searchPath : [name]));
}

/** Settings that it makes for itself, but for its search path. */
export function settingsOf({ settings }: CatalogueFunction): readonly SqlEffect[] {
  return settings
    .filter((text) => !text.startsWith('search_path='))
    .map((text) => ({
      kind: 'setting',
      change: { kind: 'set', name: text.slice(0, text.indexOf('=')).toLowerCase(), values: [text.slice(text.indexOf('=') + 1)] },
    }));
}
