import { describe, expect, test } from 'vitest';
import { applySplices, holesIn, shellSplices, sqlSplices } from '../../src/compile/placeholder.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';

const executed = (text: string, known: readonly string[] = ['id', 'db_url', 'x']) => {
  const { splices, problems } = shellSplices(parseShell(text), (name) => known.includes(name));
  return { command: applySplices(text, splices), problems: problems.map((problem) => problem.kind), formats: splices.map((splice) => splice.format) };
};

describe('holes in shell text', () => {
  test.each([
    ["run --id '<id>'", 'run --id "$PP_id"'],
    ['run --id "<id>"', 'run --id "${PP_id}"'],
    ["DATABASE_URL='<db_url>' run", 'DATABASE_URL="$PP_db_url" run'],
    ["run 'a <id> b'", "run 'a '\"$PP_id\"' b'"],
    ['cat <<EOF\nid <id>\nEOF', 'cat <<EOF\nid ${PP_id}\nEOF'],
  ])('%j', (text, command) => {
    expect(executed(text)).toMatchObject({ command, problems: [] });
  });

  test('the bytes around a hole stay as they are', () => {
    const text = "A=1 \\\n  run   --id '<id>'   # <id> in a comment\n";
    expect(executed(text).command).toBe("A=1 \\\n  run   --id \"$PP_id\"   # <id> in a comment\n");
  });

  test('an unquoted hole is a redirection', () => expect(executed('run --id <id>').problems).toEqual(['unquoted']));
  test('a real redirection is none', () => expect(executed('sort <input >output', []).problems).toEqual([]));
  test('nothing expands in a quoted here-document', () => expect(executed("python3 - <<'PY'\nprint('<id>')\nPY").problems).toEqual(['nothing-expands']));
  test('a tag in a program is no hole', () => expect(executed("python3 - <<'PY'\nprint('<div>')\nPY").problems).toEqual([]));
  test('nothing expands in the text of -c', () => expect(executed(`python3 -c 'print("<id>")'`).problems).toEqual(['nothing-expands']));
  test('JSON and URLs have their own format', () => {
    expect(executed(`curl -d '{"id": "<id>"}' "http://h/<id>"`)).toMatchObject({ formats: ['json', 'url'], problems: [] });
  });
});

describe('holes in SQL', () => {
  test.each([
    ["where id = '<id>'", 'where id = $1', ['id']],
    ['where id = <id> and x = <x> and y = <id>', 'where id = $1 and x = $2 and y = $1', ['id', 'x']],
    ["where at > now() - interval '<x>'", 'where at > now() - $1::interval', ['x']],
    ["select 1 -- '<id>'", "select 1 -- '<id>'", []],
  ])('%s', (text, sql, parameters) => {
    const reading = sqlSplices(text);
    expect(applySplices(text, reading.splices)).toBe(sql);
    expect(reading.parameters).toEqual(parameters);
  });

  test('comparisons are no holes', () => expect(sqlSplices('where a<b and c>d').parameters).toEqual([]));
});

test('names are folded to identifiers', () => {
  expect(holesIn('<Cluster Name> <x.y.z> <NAMESPACE> <a/b> < b > <1>').map((hole) => hole.name)).toEqual(['cluster_name', 'x_y_z', 'namespace', 'a_b']);
});
