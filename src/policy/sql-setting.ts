/** Session settings: what a SET, RESET, BEGIN … or `set_config` changes, and which settings carry a guard. */
import { constantIn, listIn, nodeIn, type SqlNode, textIn } from './sql-node.ts';

/**
 * `set` with its values as text; `reset` back to what the session started with, which the guard has chosen; `computed` by
 * `set_config`, whose name or value may be unknown. `transaction` are the kinds that change no setting.
 */
export type SettingChange =
  | { readonly kind: 'set'; readonly name: string; readonly values: readonly string[] | undefined }
  | { readonly kind: 'computed'; readonly name: string | undefined; readonly values: readonly string[] | undefined }
  | { readonly kind: 'reset'; readonly name: string }
  | { readonly kind: 'two-phase' };

/** What the access of a step makes of a change. `undefined`: harmless. */
export type SettingProblem = 'guard-setting' | 'unknown-setting';

const harmless = new Set(
  `application_name array_nulls bytea_output client_min_messages constraint_exclusion cursor_tuple_fraction datestyle default_text_search_config
  default_transaction_deferrable default_transaction_isolation effective_cache_size escape_string_warning extra_float_digits from_collapse_limit geqo
  gin_fuzzy_search_limit idle_in_transaction_session_timeout idle_session_timeout intervalstyle jit join_collapse_limit lc_messages lc_monetary lc_numeric
  lc_time lock_timeout max_parallel_workers_per_gather plan_cache_mode quote_all_identifiers random_page_cost restrict_nonsystem_relation_kind row_security seed seq_page_cost
  statement_timeout synchronize_seqscans synchronous_commit timezone transaction_deferrable transaction_isolation transaction_timeout work_mem xmlbinary xmloption`.split(
    /\s+/,
  ),
);

/** Settings that carry a guard, or without which the text that is judged is not the text that is carried out. */
const guards = new Set(
  `allow_system_table_mods backslash_quote client_encoding default_transaction_read_only dynamic_library_path local_preload_libraries role
  search_path session_authorization session_preload_libraries session_replication_role standard_conforming_strings transaction_read_only`.split(/\s+/),
);

const guardedPrefixes = /^(?:auto_explain|pgaudit|plperl|plpgsql|pltcl|plv8)\./;

/** The changes of a `VariableSetStmt` or a `TransactionStmt`; none for a plain COMMIT, ROLLBACK or SAVEPOINT. */
export function readSetting(tag: string, node: SqlNode): readonly SettingChange[] {
  if (tag === 'TransactionStmt') {
    if (['TRANS_STMT_PREPARE', 'TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED'].includes(textIn(node['kind']) ?? ''))
      return [{ kind: 'two-phase' }];
    return listIn(node['options']).map((option) => modeOf(option, ''));
  }
  const name = (textIn(node['name']) ?? '').toLowerCase();
  const values = listIn(node['args']);
  switch (node['kind']) {
    case 'VAR_SET_VALUE': {
      const texts = values.map(valueOf);
      return [{ kind: 'set', name, values: texts.includes(undefined) ? undefined : texts.filter((text) => text !== undefined) }];
    }
    case 'VAR_SET_MULTI':
      // SET TRANSACTION SNAPSHOT gives another session's view, and no way to write.
      if (name === 'transaction snapshot') return [];
      return values.map((value) => modeOf(value, name === 'session characteristics' ? 'default_' : ''));
    case 'VAR_RESET':
    case 'VAR_SET_DEFAULT':
      return [{ kind: 'reset', name }];
    case 'VAR_RESET_ALL':
      return [{ kind: 'reset', name: 'all' }];
    default:
      return [{ kind: 'set', name, values: undefined }];
  }
}

function modeOf(option: SqlNode, prefix: string): SettingChange {
  const element = nodeIn(option['DefElem']);
  const value = constantIn(element?.['arg']);
  return { kind: 'set', name: `${prefix}${textIn(element?.['defname']) ?? ''}`, values: value === undefined ? undefined : [value] };
}

/** `SET TIME ZONE INTERVAL '1' HOUR` has a cast around its constant. */
function valueOf(value: SqlNode): string | undefined {
  return constantIn(nodeIn(value['TypeCast'])?.['arg'] ?? value);
}

/**
 * Judges one change. `schemas` are those that a search path may name beside the system's; `writing`: the step may write
 * something; `owner`: it is the production path, to which settings that guard nothing are its own affair.
 */
export function judgeSetting(
  change: SettingChange,
  access: { readonly schemas: readonly string[]; readonly writing: boolean; readonly owner: boolean },
): SettingProblem | undefined {
  if (change.kind === 'reset') return undefined;
  if (change.kind === 'two-phase') return 'guard-setting';
  const { name, values } = change;
  if (name === undefined) return 'guard-setting';
  // Sessions are told apart by it: a client may announce itself, a query may not disguise itself.
  if (change.kind === 'computed' && name === 'application_name') return 'guard-setting';
  if (guards.has(name)) return isKept(name, values, access) ? undefined : 'guard-setting';
  if (guardedPrefixes.test(name)) return 'guard-setting';
  // A name with a point is the application's own.
  if (harmless.has(name) || name.startsWith('enable_') || name.includes('.')) return undefined;
  return access.owner ? undefined : 'unknown-setting';
}

/** A guarded setting that is set to what it has to be anyway. */
function isKept(
  name: string,
  values: readonly string[] | undefined,
  access: { readonly schemas: readonly string[]; readonly writing: boolean; readonly owner: boolean },
): boolean {
  if (values === undefined) return false;
  const value = (values[0] ?? '').toLowerCase();
  switch (name) {
    case 'transaction_read_only':
    case 'default_transaction_read_only':
      return access.writing || ['1', 'on', 'true', 'yes'].includes(value);
    case 'standard_conforming_strings':
      return ['1', 'on', 'true', 'yes'].includes(value);
    case 'client_encoding':
      return ['utf8', 'utf-8', 'unicode'].includes(value);
    case 'search_path':
      return keepsPath(values, access);
    default:
      return false;
  }
}

/**
 * An unqualified protected name must not be shadowed: the path may name the public schema, the user's, and those of
 * the protected and declared tables. The system's own comes first unless it is named later, which would shadow its functions.
 */
function keepsPath(values: readonly string[], access: { readonly schemas: readonly string[]; readonly owner: boolean }): boolean {
  const schemas = values
    .flatMap((value) => value.split(','))
    .map((schema) => schema.trim().replace(/^"(.*)"$/, '$1'))
    .filter((schema) => schema !== '');
  if (schemas.includes('pg_temp') || schemas.indexOf('pg_catalog') > 0) return false;
  return access.owner || schemas.every((schema) => ['$user', 'public', 'pg_catalog', 'information_schema', ...access.schemas].includes(schema));
}
