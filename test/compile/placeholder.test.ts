import { describe, expect, test } from 'vitest';
import { applySplices, holesIn } from '../../src/compile/placeholder.ts';
import { shellHoles } from '../../src/compile/shell-hole.ts';
import { blankSqlHoles, sqlSplices } from '../../src/compile/sql-hole.ts';
import { readHoledShell } from '../../src/compile/unquoted-hole.ts';

const executed = (text: string, known: readonly string[] = ['id', 'db_url', 'x']) => {
  const { splices, problems, blanks } = shellHoles(readHoledShell(text), { known: (name) => known.includes(name) });
  return {
    command: applySplices(text, splices),
    problems: problems.map((problem) => problem.kind),
    formats: splices.map((splice) => splice.format),
    blanks: blanks.map((blank) => blank.written),
  };
};

describe('holes in shell text', () => {
  test.each([
    ["run --id '<id>'", 'run --id "$PP_id"'],
    ['run --id "<id>"', 'run --id "${PP_id}"'],
    ["DATABASE_URL='<db_url>' run", 'DATABASE_URL="$PP_db_url" run'],
    ["run 'a <id> b'", "run 'a '\"$PP_id\"' b'"],
    ['cat <<EOF\nid <id>\nEOF', 'cat <<EOF\nid ${PP_id}\nEOF'],
    ['run --id <id>', 'run --id "${PP_id}"'],
    ['kubectl get pods -n <ns> -l app=<app name>,tier=<x>', 'kubectl get pods -n "${PP_ns}" -l app="${PP_app_name}",tier="${PP_x}"'],
    ['ping <user@host>', 'ping "${PP_user_host}"'],
    ['ls <dir> > <file>', 'ls "${PP_dir}" > "${PP_file}"'],
    ['cat <<EOF > <file>\n<id>\nEOF', 'cat <<EOF > "${PP_file}"\n${PP_id}\nEOF'],
    ['echo $(get <name>) "$(get <name>)"', 'echo $(get "${PP_name}") "$(get "${PP_name}")"'],
  ])('%j', (text, command) => {
    expect(executed(text)).toMatchObject({ command, problems: [] });
  });

  test('the bytes around a hole stay as they are', () => {
    const text = "A=1 \\\n  run   --id '<id>'   # <id> in a comment\n";
    expect(executed(text).command).toBe('A=1 \\\n  run   --id "$PP_id"   # <id> in a comment\n');
  });

  test.each([
    'sort <input >output',
    'sort < in > out',
    'sort <in >out',
    'sort <in.txt>out.txt',
    'cmd <in>../out',
    'cmd 2>&1 <in',
    'cat <<EOF>out\nx\nEOF',
    'cat <<<word>out.txt',
    'diff <(a) <(b)',
    'cmd <in>>out',
    'cmd <in>&2',
    'sort <a.txt | uniq >b.txt',
    'if (( a <b && c> d )); then :; fi',
  ])('%j is redirections and no hole', (text) => {
    expect(executed(text, [])).toEqual({ command: text, problems: [], formats: [], blanks: [] });
  });
  test('nothing expands in a quoted here-document', () => expect(executed("python3 - <<'PY'\nprint('<id>')\nPY").problems).toEqual(['nothing-expands']));
  test('a tag in a program is no hole', () => expect(executed("python3 - <<'PY'\nprint('<div>')\nPY").problems).toEqual([]));
  test('nothing expands in the text of -c', () => expect(executed(`python3 -c 'print("<id>")'`).problems).toEqual(['nothing-expands']));
  test.each([
    "ssh web1 'systemctl status <svc>'",
    'jq \'.id == "<id>"\' f',
    "awk '/<id>/' f",
    'echo $(( <x> + 1 ))',
    '[[ 3 -eq <x> ]]',
    "eval 'run <id>'",
    "bash -c 'run <id>'",
    "sed 's/a/<id>/' f",
  ])('%j would make a value text of a program', (text) => {
    expect(executed(text).problems).toEqual(['nothing-expands']);
  });
  test('a value never names the program', () => expect(executed('<command> --all').problems).toEqual(['names-program']));
  test('JSON and URLs have their own format', () => {
    expect(executed(`curl -d '{"id": "<id>"}' "http://h/<id>"`)).toMatchObject({ formats: ['json', 'url'], problems: [] });
    expect(executed('curl "https://<host>/items/<id>?q=<x>"').formats).toEqual(['plain', 'url', 'url']);
    expect(executed('curl -d "id=<id>&x=<x>" "$BASE/<id>"').formats).toEqual(['url', 'url', 'url']);
    expect(executed(`curl -d "{\\"id\\": \\"<id>\\"}" h`).formats).toEqual(['json']);
    expect(executed('cat <<EOF > b.json\n{ "id": "<id>" }\nEOF').formats).toEqual(['json']);
    expect(executed(`curl -d '{"n": <x>}' h`).problems).toEqual(['bare-json']);
  });
});

describe('holes in SQL', () => {
  test.each([
    ["where id = '<id>'", 'where id = $1', ['id']],
    ['where id = <id> and x = <x> and y = <id>', 'where id = $1 and x = $2 and y = $1', ['id', 'x']],
    ["where at > now() - interval '<x>'", 'where at > now() - $1::interval', ['x']],
    ["select 1 -- '<id>'", "select 1 -- '<id>'", []],
    ["where id = :id and t = :'tenant' and at > '12:30:00'::time", "where id = $1 and t = $2 and at > '12:30:00'::time", ['id', 'tenant']],
    ["where id = {id} and x = '{{y}}' and q = '${q}' and z = $z", 'where id = $1 and x = $2 and q = $3 and z = $4', ['id', 'y', 'q', 'z']],
    ["where run_id = '...' and n = ...", 'where run_id = $1 and n = $2', ['run_id', 'n']],
    ["where t = 'YOUR_TENANT' and c = '[CARD]'", 'where t = $1 and c = $2', ['tenant', 'card']],
    ['where id = <order id> limit <n>', 'where id = $1 limit $2', ['order_id', 'n']],
  ])('%s', (text, sql, parameters) => {
    const reading = sqlSplices(text);
    expect(applySplices(text, reading.splices)).toBe(sql);
    expect(reading.parameters).toEqual(parameters);
    expect(blankSqlHoles(text)).toHaveLength(text.length);
  });

  test.each([
    'where a<b and c>d',
    'where a <b and c> d',
    "select '2024-01-01'::date, x::text",
    "where tags @> '{active}'",
    'select a[1:2], b[i:j]',
    "select d #>> '{a,b}'",
    "select '<b>bold</b>'",
    'select $$ a :y {b} $$',
    "select '10:20:30', 'a:b'",
    "where name like '%ERROR%'",
    'select x /* <id> :id */',
    "select e'\\' <b> :x'",
    'select \'{"a": 1}\'::jsonb',
    'select 1 as "a:b"',
    "select '12:30' -- :x",
  ])('%j holds none', (text) => expect(sqlSplices(text)).toEqual({ splices: [], parameters: [], problems: [] }));

  test.each([
    ["where a = 'x-<id>-y'", 'nothing-expands'],
    ['select * from <table>', 'names-relation'],
    ['where "<col>" = 1', 'names-relation'],
    ['where id = $1', 'nameless'],
    ['select ... from t', 'nameless'],
    ['select * from t_<date>', 'names-relation'],
  ])('%j', (text, kind) => {
    expect(sqlSplices(text).problems.map((problem) => problem.kind)).toEqual([kind]);
  });
});

test('names are folded to identifiers', () => {
  expect(holesIn('<Cluster Name> <x.y.z> <NAMESPACE> <a/b> < b > <1> <größe> <имя>').map((hole) => hole.name)).toEqual([
    'cluster_name',
    'x_y_z',
    'namespace',
    'a_b',
    'grosse',
    'u438u43cu44f',
  ]);
});
