/** What a PL/pgSQL block sends: the statements and expressions in its text, and whether it builds others at run time. */
import { nodeIn, walkTree } from './sql-node.ts';
import type { SqlParser } from './sql-parser.ts';

export interface PlpgsqlBody {
  /** Each as a statement of its own; an expression as the SELECT that PL/pgSQL makes of it. */
  readonly queries: readonly string[];
  /** It carries out a text that is made at run time. */
  readonly dynamic: boolean;
  /** Types of its variables as they are written, `runs%ROWTYPE` included. */
  readonly types: readonly string[];
  /** Names and operators of the whole text, where a part of it is not in the tree: the default of a variable of a type that the parser does not know. */
  readonly words: { readonly names: readonly string[]; readonly operators: readonly string[] } | undefined;
}

/** Bodies of RAW_PARSE_PLPGSQL_EXPR and of the three RAW_PARSE_PLPGSQL_ASSIGN modes (PostgreSQL, parser.h). */
const expressionMode = 2;
const assignModes: readonly unknown[] = [3, 4, 5];

/** Reads a whole `DO` or `CREATE FUNCTION` statement; undefined when its body is not PL/pgSQL or cannot be read. */
export async function readPlpgsqlBody(parser: SqlParser, statement: string): Promise<PlpgsqlBody | undefined> {
  const tree = await parser.parsePlpgsql(statement);
  if (!tree) return undefined;
  const queries: string[] = [];
  const types: string[] = [];
  let dynamic = false;
  let partial = false;
  for (const { key, node } of walkTree(tree)) {
    if (key === 'PLpgSQL_type' && typeof node['typname'] === 'string') types.push(node['typname']);
    if (key === 'PLpgSQL_rec' && node['datatype'] !== undefined) partial = true;
    if (/dyn/.test(key) || nodeIn(node['dynquery']) !== undefined) dynamic = true;
    if (key !== 'PLpgSQL_expr' || typeof node['query'] !== 'string') continue;
    const mode = node['parseMode'] ?? 0;
    if (mode === 0) queries.push(node['query']);
    else if (mode === expressionMode) queries.push(`SELECT ${node['query']}`);
    else if (assignModes.includes(mode)) queries.push(`SELECT ${node['query'].replace(/^[^:=]*:?=/, '')}`);
    else return undefined;
  }
  return { queries, dynamic, types, words: partial ? wordsOf(statement) : undefined };
}

function wordsOf(text: string): PlpgsqlBody['words'] {
  const names = (text.match(/"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []).map((name) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase(),
  );
  return { names: [...new Set(names)], operators: [...new Set(text.match(/[-+*/<>=~!@#%^&|`?]+/g) ?? [])] };
}
