// Writes src/policy/built-in-function.ts from pg_proc of the servers whose URLs are given (the oldest and the newest that
// are supported): node tools/read-built-in-functions.mjs postgresql://… postgresql://…
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const target = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'policy', 'built-in-function.ts');

// What takes or gives these types cannot be called from SQL, or only by the server itself.
const internalTypes = [
  'internal',
  'trigger',
  'event_trigger',
  'language_handler',
  'fdw_handler',
  'index_am_handler',
  'table_am_handler',
  'tsm_handler',
  'cstring',
];

const query = `
  SELECT proname AS name, bool_or(provolatile = 'v') AS volatile
  FROM pg_proc
  WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p'
  GROUP BY proname
  HAVING bool_or(prorettype <> ALL ($1::regtype[]) AND NOT proargtypes::oid[] && $1::regtype[]::oid[])
  ORDER BY proname`;

const urls = process.argv.slice(2);
if (urls.length === 0) {
  console.error('usage: node tools/read-built-in-functions.mjs URL…');
  process.exit(2);
}

const volatile = new Set();
const all = new Set();
const versions = [];
for (const url of urls) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  versions.push((await client.query('SHOW server_version')).rows[0].server_version.split(' ')[0]);
  for (const row of (await client.query(query, [internalTypes])).rows) {
    all.add(row.name);
    if (row.volatile) volatile.add(row.name);
  }
  await client.end();
}

function lines(names) {
  const made = [];
  for (const name of [...names].sort((a, b) => (a < b ? -1 : 1))) {
    const last = made.at(-1);
    if (last !== undefined && last.length + name.length < 150) made[made.length - 1] = `${last} ${name}`;
    else made.push(name);
  }
  return made.join('\n');
}

writeFileSync(
  target,
  `// Made by tools/read-built-in-functions.mjs from pg_proc of PostgreSQL ${versions.join(' and ')}: do not edit.

/** Functions of pg_catalog none of whose forms is volatile in any of these versions: they change nothing. */
export const stableBuiltIns: ReadonlySet<string> = read(\`
${lines([...all].filter((name) => !volatile.has(name)))}
\`);

/** Functions of pg_catalog with a volatile form: what each may do is decided by name. */
export const volatileBuiltIns: ReadonlySet<string> = read(\`
${lines(volatile)}
\`);

function read(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\\s+/));
}
`,
);
