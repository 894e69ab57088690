import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Capability } from '../../src/model/step.ts';
import { decideShell, productionPathProblem } from '../../src/policy/decide-shell.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

async function find(
  text: string,
  capability: Capability = 'read',
  writes: readonly string[] = [],
  productionPath = false,
): Promise<readonly (readonly [string, string])[]> {
  const findings = await decideShell(parser, parseShell(text), { access: { capability, writes }, protectedTables: ['runs', 'aos_traces'], productionPath });
  return findings
    .filter(({ decision }) => decision.effect === 'refuse')
    .map(({ decision, offset, length }) => [decision.rule, text.slice(offset, offset + length)] as const);
}

/** What is permitted and named nevertheless. */
async function findPermitted(text: string, capability: Capability = 'read', rule = /^opaque/): Promise<readonly (readonly [string, string])[]> {
  const findings = await decideShell(parser, parseShell(text), {
    access: { capability, writes: [] },
    protectedTables: ['runs', 'aos_traces'],
    productionPath: false,
  });
  expect(findings.filter(({ decision }) => decision.effect === 'refuse')).toEqual([]);
  return findings
    .filter(({ decision }) => rule.test(decision.rule))
    .map(({ decision, offset, length }) => [decision.rule, text.slice(offset, offset + length)] as const);
}

const insert = "INSERT INTO runs (id) VALUES ('r1')";

/** Each hides the same INSERT; the second member is what the finding points at. */
const hidden: Readonly<Record<string, readonly [string, string]>> = {
  'psql -c in double quotes': [`psql "$DATABASE_URL" -c "${insert}"`, insert],
  'psql -c in single quotes': [`psql -c 'INSERT INTO runs VALUES (1)'`, 'INSERT INTO runs VALUES (1)'],
  'psql -Atc': [`psql -Atc "${insert}" "$DATABASE_URL"`, insert],
  'psql -c joined': [`psql -c"${insert}"`, `-c"${insert}"`],
  'psql --command=': [`psql --command="${insert}"`, `--command="${insert}"`],
  'psql --com, shortened': [`psql --com "${insert}"`, insert],
  'second of two -c': [`psql -c 'SELECT 1' -c "${insert}"`, insert],
  'second statement of one -c': [`psql -c "SELECT 1; ${insert}"`, insert],
  'after a value filled by the shell': ['psql -c "INSERT INTO runs (id) VALUES (\'$ID\')"', "INSERT INTO runs (id) VALUES ('$ID')"],
  'with a hole of the plan': ['psql -c "INSERT INTO runs (id) VALUES (\'<run_id>\')"', "INSERT INTO runs (id) VALUES ('<run_id>')"],
  'quoted heredoc': [`psql "$DATABASE_URL" <<'SQL'\n-- seed\n${insert};\nSQL\n`, insert],
  'expanding heredoc': ["psql <<SQL\nINSERT INTO runs (id) VALUES ('$ID');\nSQL\n", "INSERT INTO runs (id) VALUES ('$ID')"],
  'tab-stripped heredoc': [`psql <<-SQL\n\t${insert};\n\tSQL\n`, insert],
  'heredoc with -f -': [`psql -f - <<'SQL'\n${insert};\nSQL\n`, insert],
  'here-string': [`psql <<< "${insert}"`, insert],
  'echo into psql': [`echo "${insert}" | psql`, insert],
  'echo -e into psql': [`echo -e "SELECT 1;\\n${insert}" | psql`, insert],
  'unquoted echo into psql': ['echo DELETE FROM runs | psql', 'DELETE FROM runs'],
  'printf into psql': [`printf '%s;' "${insert}" | psql`, `'%s;' "${insert}"`],
  'cat heredoc into psql': [`cat <<'SQL' | psql -q\n${insert};\nSQL\n`, insert],
  'a group into psql': [`{ echo 'BEGIN;'; echo "${insert};"; } | psql`, insert],
  'through tee': [`echo "${insert}" | tee log.sql | psql`, insert],
  'process substitution': [`psql < <(echo "${insert}")`, insert],
  'command substitution': [`psql -c "$(cat <<'SQL'\n${insert};\nSQL\n)"`, insert],
  'a variable': [`SQL="${insert}"\npsql -c "$SQL"`, insert],
  'env and timeout before it': [`env PGCONNECT_TIMEOUT=2 timeout -k 1 5 psql -c "${insert}"`, insert],
  'an absolute path': [`/usr/lib/postgresql/15/bin/psql -c "${insert}"`, insert],
  'within a condition': [`if ! psql -c "${insert}"; then echo no; fi`, insert],
  'within a function': [`seed() { psql -c "${insert}"; }\nseed`, insert],
  'within a loop in the background': [`for i in 1 2; do psql -c "${insert}" & done; wait`, insert],
  'within a substitution': [`ID=$(psql -Atc "${insert} RETURNING id")`, `${insert} RETURNING id`],
  'within a backtick': ["ID=`psql -Atc 'DELETE FROM runs'`", 'DELETE FROM runs'],
  'bash -c': [`bash -c "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'bash -lc': [`bash -lc "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  eval: [`eval "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'a heredoc for bash': ["bash <<'E'\npsql -c 'DELETE FROM runs'\nE\n", 'DELETE FROM runs'],
  'plpgsql in a heredoc': ["psql <<'SQL'\nDO $$ BEGIN\n  DELETE FROM runs;\nEND $$;\nSQL\n", 'DO $$ BEGIN\n  DELETE FROM runs;\nEND $$'],
  'after a backslash command': ["psql <<'SQL'\n\\set ON_ERROR_STOP on\n\\echo 'it''s;'\nDELETE FROM runs\\g\nSQL\n", 'DELETE FROM runs'],
  'after a backslash separator': ["psql <<'SQL'\n\\timing on \\\\ DELETE FROM runs;\nSQL\n", 'DELETE FROM runs'],
  'with a variable of psql': ["psql -v id=1 <<'SQL'\nDELETE FROM runs WHERE id = :'id' AND n = :id;\nSQL\n", "DELETE FROM runs WHERE id = :'id' AND n = :id"],
  'after COPY data': ["psql <<'SQL'\nCOPY notes FROM STDIN;\n1\tit's;\n\\.\nDELETE FROM runs;\nSQL\n", 'DELETE FROM runs'],
  'after an escaped quote': ["psql <<'SQL'\nSELECT E'\\';', 'a;\\';\nDELETE FROM runs;\nSQL\n", 'DELETE FROM runs'],
  'joined by \\;': ["psql <<'SQL'\nSELECT 1\\; DELETE FROM runs;\nSQL\n", 'DELETE FROM runs'],
  'a variable of psql that is the statement': ["psql -v s='DELETE FROM runs' <<'SQL'\nSELECT 1; :s ;\nSQL\n", ':s'],
  'the name of a table in a variable of psql': ["psql --set=t=runs <<'SQL'\nDELETE FROM :t;\nSQL\n", 'DELETE FROM :t'],
  'a variable set in the script': ["psql <<'SQL'\n\\set t ru 'ns'\nDELETE FROM :\"t\";\nSQL\n", 'DELETE FROM :"t"'],
  'find -exec': ["find . -name x -exec psql -c 'DELETE FROM runs' \\;", 'DELETE FROM runs'],
  'find -execdir sh -c': [`find . -execdir sh -c "psql -c 'DELETE FROM runs'" {} +`, 'DELETE FROM runs'],
  'xargs with the statement as its input': ["echo 'DELETE FROM runs' | xargs -I{} psql -c '{}'", 'DELETE FROM runs'],
  'xargs psql -c': ["printf 'DELETE FROM runs' | xargs -0 psql -c", 'DELETE FROM runs'],
  'xargs sh -c': [`echo "psql -c 'DELETE FROM runs'" | xargs -I{} sh -c '{}'`, 'DELETE FROM runs'],
  'env -S': [`env -S "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'sudo env timeout nice psql': ["sudo -u x env A=1 timeout 5 nice -n 5 psql -c 'DELETE FROM runs'", 'DELETE FROM runs'],
  'command and exec': ["command exec psql -c 'DELETE FROM runs'", 'DELETE FROM runs'],
  'flock -c': [`flock /tmp/l -c "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'flock and a program': ["flock -w 5 /tmp/l psql -c 'DELETE FROM runs'", 'DELETE FROM runs'],
  'su -c': [`su postgres -c "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'script -qc': [`script -qc "psql -c 'DELETE FROM runs'" /dev/null`, 'DELETE FROM runs'],
  trap: [`trap "psql -c 'DELETE FROM runs'" EXIT`, 'DELETE FROM runs'],
  'an alias': [`shopt -s expand_aliases\nalias p="psql -c 'DELETE FROM runs'"\np`, `p="psql -c 'DELETE FROM runs'"`],
  watch: [`watch -n1 "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'at reads its input': [`echo "psql -c 'DELETE FROM runs'" | at now`, 'DELETE FROM runs'],
  'source of a process substitution': [`source <(echo "psql -c 'DELETE FROM runs'")`, 'DELETE FROM runs'],
  'source of the standard input': [`source /dev/stdin <<< "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'bash of a process substitution': [`bash <(echo "psql -c 'DELETE FROM runs'")`, 'DELETE FROM runs'],
  'bash -s': ["bash -s x <<'E'\npsql -c 'DELETE FROM runs'\nE\n", 'DELETE FROM runs'],
  'psql -f of a process substitution': ["psql -f <(echo 'DELETE FROM runs')", 'DELETE FROM runs'],
  coproc: ["coproc psql -c 'DELETE FROM runs'", 'DELETE FROM runs'],
  usql: ["usql -c 'DELETE FROM runs'", 'DELETE FROM runs'],
  pgcli: ["echo 'DELETE FROM runs' | pgcli", 'DELETE FROM runs'],
  'busybox sh': [`busybox sh -c "psql -c 'DELETE FROM runs'"`, 'DELETE FROM runs'],
  'a value of -v beside a statement': [`psql -v x=1 -c 'DELETE FROM runs'`, 'DELETE FROM runs'],
  '\\watch': ["psql <<'SQL'\nDELETE FROM runs \\watch 1\nSQL\n", 'DELETE FROM runs'],
  '\\gset': ["psql <<'SQL'\nDELETE FROM runs RETURNING id \\gset\nSQL\n", 'DELETE FROM runs RETURNING id'],
  'within \\if': ["psql <<'SQL'\n\\if false\n\\else\nDELETE FROM runs;\n\\endif\nSQL\n", 'DELETE FROM runs'],
  '\\bind': ["psql <<'SQL'\nDELETE FROM runs WHERE id = $1 \\bind x \\g\nSQL\n", 'DELETE FROM runs WHERE id = $1'],
  '\\copy from': ["psql <<'SQL'\n\\copy runs (id) from 'x.csv' with csv\nSQL\n", "\\copy runs (id) from 'x.csv' with csv"],
  '\\copy as -c': ["psql -c '\\copy runs from x'", '\\copy runs from x'],
  '\\copy of a deleting query': ["psql <<'SQL'\n\\copy (delete from runs returning *) to 'x'\nSQL\n", "\\copy (delete from runs returning *) to 'x'"],
};

describe('a forbidden statement in shell text', () => {
  for (const [name, [text, place]] of Object.entries(hidden)) {
    test(`${name}`, async () => {
      const findings = (await find(text, 'write', ['notes'])).filter(([rule]) => rule === 'protected-relation');
      expect(findings).toEqual([['protected-relation', place]]);
      expect((await find(text, 'production')).filter(([rule]) => rule === 'protected-relation')).toEqual([]);
    });
  }
});

describe('other findings', () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "psql <<'S'\n\\i seed.sql\nS\n": ['opaque', '\\i seed.sql'],
    "psql <<'S'\n\\! psql -c x\nS\n": ['shell-escape', '\\! psql -c x'],
    "psql <<'S'\n\\set a `id`\nS\n": ['shell-escape', '\\set a `id`'],
    "psql <<'S'\nSELECT 1 \\g | sh\nS\n": ['shell-escape', '\\g | sh'],
    "psql <<'S'\n\\copy t to program 'sh'\nS\n": ['shell-escape', "\\copy t to program 'sh'"],
    "psql <<'S'\nSELECT 'DELETE FROM runs' \\gexec\nS\n": ['opaque', '\\gexec'],
    "psql <<'S'\n\\c other\nS\n": ['connection-elsewhere', '\\c other'],
    "psql -c '\\! id'": ['shell-escape', '\\! id'],
    'psql -h db.example -c "SELECT 1"': ['connection-elsewhere', 'db.example'],
    'psql -p5433 -c "SELECT 1"': ['connection-elsewhere', '-p5433'],
    'psql postgresql://app:x@db/app -c "SELECT 1"': ['connection-elsewhere', 'postgresql://app:x@db/app'],
    "psql 'host=db dbname=app'": ['connection-elsewhere', "'host=db dbname=app'"],
    'psql app postgres': ['connection-elsewhere', 'postgres'],
    'PGHOST=db psql -c "SELECT 1"': ['connection-elsewhere', 'PGHOST=db'],
    'export PGSERVICE=prod': ['connection-elsewhere', 'PGSERVICE=prod'],
    "DATABASE_URL='postgresql://a@b/c' python3 -m app": ['connection-elsewhere', "DATABASE_URL='postgresql://a@b/c'"],
    'env DATABASE_URL=postgres://a@b/c python3 -m app': ['connection-elsewhere', 'DATABASE_URL=postgres://a@b/c'],
    'docker compose exec db psql -U app -c "SELECT 1"': ['connection-elsewhere', 'psql'],
    'kubectl exec pod -- psql': ['connection-elsewhere', 'psql'],
    "sqlite3 traces.db 'SELECT 1'": ['sqlite-program', 'sqlite3'],
    'ssh db psql -c x': ['connection-elsewhere', 'psql'],
    'ssh -p 22 -i key app@db "cd /x && psql -c 1"': ['connection-elsewhere', 'psql'],
    'docker exec db sh -c "psql -c 1"': ['connection-elsewhere', 'psql'],
    'kubectl exec -i pod -- bash -c "psql -c 1"': ['connection-elsewhere', 'psql'],
    'usql postgres://a@b/c': ['connection-elsewhere', 'postgres://a@b/c'],
    "psql -o '|sh' -c 'SELECT 1'": ['shell-escape', "'|sh'"],
    "psql --output='| tee x' -c 'SELECT 1'": ['shell-escape', "--output='| tee x'"],
    "psql <<'S'\n\\e\nS\n": ['shell-escape', '\\e'],
    "psql <<'S'\n\\o | sh\nS\n": ['shell-escape', '\\o | sh'],
    "psql <<'S'\n\\ir other.sql\nS\n": ['opaque', '\\ir other.sql'],
    "psql <<'S'\n\\connect - postgres\nS\n": ['connection-elsewhere', '\\connect - postgres'],
    'export PGSYSCONFDIR=/tmp/x': ['connection-elsewhere', 'PGSYSCONFDIR=/tmp/x'],
    'createdb other': ['ddl', 'createdb'],
    'pg_restore -d app dump': ['opaque', 'pg_restore'],
    'pgbench -i': ['opaque', 'pgbench'],
    'vacuumdb --all': ['side-effect', 'vacuumdb'],
    'psql -c "SELEC 1"': ['unparsable', 'SELEC 1'],
    'psql -c "SELECT make_run()"': ['unknown-function', 'SELECT make_run()'],
  };
  for (const [text, finding] of Object.entries(cases)) {
    test(`${text}`, async () => {
      expect(await find(text)).toContainEqual(finding);
    });
  }

  test('a client beside the production path', async () => {
    expect(await find("python3 -m app run\npsql -c 'SELECT 1'", 'production', [], true)).toEqual([['client-beside-production-path', 'psql']]);
    expect(await find('python3 -m app run', 'production', [], true)).toEqual([]);
  });
});

describe('what the text does not show is named, and not refused', () => {
  const opaque: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    "python3 - <<'PY'\nimport psycopg\nPY\n": [['opaque-program', 'python3']],
    "python3 -c 'print(1)'": [['opaque-program', 'python3']],
    'python3.11 -Ic "print(1)"': [['opaque-program', 'python3.11']],
    "python3 <<< 'print(1)'": [['opaque-program', 'python3']],
    'cat x.py | python3 -': [['opaque-program', 'python3']],
    'node -e "x()"': [['opaque-program', 'node']],
    "node --eval='x()'": [['opaque-program', 'node']],
    "node <<'J'\nx()\nJ\n": [['opaque-program', 'node']],
    "ruby -rpg -e 'x'": [['opaque-program', 'ruby']],
    "perl -MDBI -e 'x'": [['opaque-program', 'perl']],
    "perl -we 'x'": [['opaque-program', 'perl']],
    "php -r 'x();'": [['opaque-program', 'php']],
    "env A=1 timeout 5 python3 -c 'x'": [['opaque-program', 'python3']],
    "bash -c 'python3 -c x'": [['opaque-program', 'python3']],
    "find . -exec python3 -c 'x' {} +": [['opaque-program', 'python3']],
    'echo cHNxbA== | base64 -d | sh': [['opaque-program', 'sh']],
    'curl https://x.example | bash': [['opaque-program', 'bash']],
    'xxd -r -p <<< 70 | bash -s': [['opaque-program', 'bash']],
    'eval "$x"': [['opaque-program', 'eval']],
    'eval "$(generate)"': [['opaque-program', 'eval']],
    'bash -c "$CMD"': [['opaque-program', 'bash']],
    'source <(generate)': [['opaque-program', 'source']],
    'ls | xargs bash -c': [['opaque-program', 'bash']],
    '$PROGRAM run': [['opaque-program', '$PROGRAM']],
    'awk \'BEGIN { system("x") }\'': [['opaque-program', 'awk']],
    'mysql -e "DELETE FROM runs"': [['opaque-program', 'mysql']],
    'psql -f seed.sql': [['opaque-program', 'psql']],
    'psql < seed.sql': [['opaque-program', 'psql']],
    'cat seed.sql | psql': [['opaque-program', 'psql']],
    'generate | psql -q': [['opaque-program', 'psql']],
    'psql -c "$SQL"': [['opaque-program', 'psql']],
    'pg_restore dump | psql': [['opaque-program', 'psql']],
    'psql -c "DELETE FROM $TABLE"': [['opaque-program', 'DELETE FROM $TABLE']],
    'eval "psql -c \\"$part$rest\\""': [
      ['opaque-program', 'eval'],
      ['opaque-program', '"psql -c \\"$part$rest\\""'],
    ],
    'bash -c "$PROGRAM x"': [['opaque-program', '$PROGRAM']],
    'python3 - <<\'PY\'\ncur.execute("INSERT INTO runs VALUES (%s, %s)", (1, 2))\nPY\n': [
      ['opaque-program', 'python3'],
      ['opaque-write', '"INSERT INTO runs VALUES (%s, %s)"'],
    ],
    "node -e 'q(`DELETE FROM runs WHERE id = ${id}`)'": [
      ['opaque-program', 'node'],
      ['opaque-write', '`DELETE FROM runs WHERE id = ${id}`'],
    ],
    [`python3 -c 'c.execute("""\n  UPDATE runs\n  SET a = 1\n""")'`]: [
      ['opaque-program', 'python3'],
      ['opaque-write', '"""\n  UPDATE runs\n  SET a = 1\n"""'],
    ],
  };
  for (const [text, found] of Object.entries(opaque))
    test(JSON.stringify(text), async () => {
      expect(await findPermitted(text)).toEqual(found);
    });

  test('not a filter, a file, a module, a known text, or a string that only looks so', async () => {
    for (const text of [
      "awk '{ print $1 }' x",
      "sed -n 's/a/b/p' x",
      "jq -r '.a' x",
      'python3 -m app run',
      'python3 script.py -c x',
      './script.sh',
      'bash script.sh',
      'pytest -q | tail -1',
      'x="ls -l"; eval "$x"',
      'CMD="ls"\nbash -c "$CMD"',
      "psql -c 'SELECT 1'",
      "echo 'SELECT 1' | psql",
      "psql <<'S'\nSELECT 1;\nS\n",
      'SQL="SELECT 1"; psql -c "$SQL"',
      '. ./venv/bin/activate',
    ])
      expect([text, await findPermitted(text)]).toEqual([text, []]);
    for (const text of [`python3 -c 'print("update: runs")'`, `python3 -c 'x("insert into notes values (1)")'`, `python3 -c 'x("SELECT 1 FROM runs")'`])
      expect([text, (await findPermitted(text)).map(([rule]) => rule)]).toEqual([text, ['opaque-program']]);
  });

  test('statements that may be sent are answered, too', async () => {
    expect(await findPermitted("psql -c 'SELECT 1; SELECT 2'", 'read', /^read$/)).toEqual([
      ['read', 'SELECT 1'],
      ['read', 'SELECT 2'],
    ]);
  });
});

describe('what is no finding', () => {
  for (const text of [
    'psql "$DATABASE_URL" -f seed.sql',
    'psql "$DATABASE_URL" < seed.sql',
    "psql '<db_url>' -Atc \"SELECT count(*) FROM runs WHERE id = '<run_id>'\"",
    'psql -h "$PGHOST" -U "$PGUSER" -c "SELECT 1"',
    'psql app -c "SELECT 1"',
    "psql <<'SQL'\n\\timing on\n\\d runs\nSELECT count(*) FROM runs\\gset\n\\if :{?count}\n\\echo :count\n\\endif\nSQL\n",
    'psql -c "SELECT * FROM $TABLE WHERE id = $ID"',
    'psql -c "$(cat query.sql)"',
    'psql -c "$UNKNOWN"',
    "psql <<'S'\n\\copy runs to 'out.csv' csv header\n\\copy (select * from runs) to stdout\nS\n",
    "echo 'DELETE FROM runs' > note.txt",
    "echo 'DELETE FROM runs' # | psql",
    "cat <<'E'\npsql -c 'DELETE FROM runs'\nE\n",
    `python3 - <<'PY'\nimport psycopg\npsycopg.connect().execute("DELETE FROM runs")\nPY\n`,
    'python3 -c \'print("DELETE FROM runs")\'',
    'pg_dump "$DATABASE_URL"',
    'pg_restore -f out.sql dump',
    'pgbench -S app',
    'DATABASE_URL="$DATABASE_URL" python3 -m app',
    "DATABASE_URL='<db_url>' python3 -m app",
    "grep -rn 'sqlite3' backend",
    '',
  ]) {
    test(`of ${JSON.stringify(text)}`, async () => {
      expect(await find(text)).toEqual([]);
    });
  }

  test('the blocks of both plans', async () => {
    for (const plan of ['run-proof-v2', 'run-proof-v4']) {
      const document = readFileSync(new URL(`../../plans/${plan}.md`, import.meta.url), 'utf8');
      for (const [, block = ''] of document.matchAll(/^ *```bash\n([\s\S]*?)^ *```/gm)) expect(await find(block)).toEqual([]);
    }
  });
});

describe('the production path', () => {
  const v4 = readFileSync(new URL('../../plans/run-proof-v4.md', import.meta.url), 'utf8');
  const block = /^```bash\n(PYTHONPATH=\. USE[\s\S]*?)^```/m.exec(v4)?.[1] ?? '';

  test('is one simple command', () => {
    expect(block).toContain('cus_cli run');
    for (const text of [
      block,
      'time ./run.sh',
      'A=1 env B=2 python3 -m app run > out.txt 2>&1',
      "python3 - <<'PY'\nprint(1)\nPY\n",
      '# first\n./run \\\n  --now # then',
    ])
      expect([text, productionPathProblem(parseShell(text))]).toEqual([text, undefined]);
  });

  test('has no other program in it', () => {
    for (const text of [
      `${block}psql -c 'DELETE FROM runs'\n`,
      `psql -c x; ${block}`,
      './run && ./seed',
      './run || true',
      './run | tee out',
      './run &',
      '(./run)',
      '{ ./run; }',
      'if true; then ./run; fi',
      '! ./run',
      './run "$(./seed)"',
      './run `./seed`',
      'A=$(./seed) ./run',
      './run > >(./seed)',
      './run <<E\n$(./seed)\nE\n',
      './run "${A:-$(./seed)}"',
      'bash -c "./seed; ./run"',
      'eval "./seed; ./run"',
      'sh <<E\n./seed\nE\n',
      '$PROGRAM run',
      'A=1',
      'run() { ./seed; }',
      '',
      "./run 'unterminated",
    ]) {
      expect([text, productionPathProblem(parseShell(text))]).toEqual([text, expect.any(String)]);
    }
  });
});
