import { expect, test } from 'vitest';
import { concealedFailures } from '../../src/policy/concealed-failure.ts';
import { heedlessPsql } from '../../src/policy/heedless-psql.ts';
import { printedAnyway } from '../../src/policy/printed-anyway.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';

const hiding: Readonly<Record<string, readonly string[]>> = {
  'pytest || true': ['|| true'],
  'pytest ||\n  :': ['||\n  :'],
  'pytest || echo failed': ['|| echo failed'],
  'pytest || exit 0': ['|| exit 0'],
  'pytest; exit 0': ['exit 0'],
  'set +e\npytest': ['set +e'],
  'set +eu; set -x': ['set +eu'],
  'set +o pipefail; a | b': ['set +o pipefail'],
  'pytest &': ['pytest &'],
  'for i in 1 2; do pytest & done': ['pytest &'],
  "trap 'exit 0' EXIT; pytest": ["trap 'exit 0' EXIT"],
  '! grep x y\necho done': ['! grep x y'],
  'shopt -u -o errexit; a': ['shopt -u -o errexit'],
  'hash -p ./x pytest; pytest': ['hash -p ./x pytest'],
  "shopt -s expand_aliases; alias pytest='true'\npytest": ["alias pytest='true'"],
  'exec true\npytest': ['exec true'],
  'exit\npytest': ['exit'],
  'set -n\npytest': ['set -n'],
  'set -o noexec\npytest': ['set -o noexec'],
  'shopt -so noexec\npytest': ['shopt -so noexec'],
  'pytest && echo ok\necho done': ['pytest'],
  'export ID=$(create)': ['export ID=$(create)'],
  'if a; then b || true; fi': ['a', '|| true'],
  'ok() { return 0; }\na || ok': ['|| ok'],
  'a || code=$?': ['|| code=$?'],
  'a || failed=1\necho "failed: $failed"': ['|| failed=1'],
  'a || { echo no; }': ['|| { echo no; }'],
  'a || [ 1 = 1 ]': ['|| [ 1 = 1 ]'],
  'a || (exit 0)': ['|| (exit 0)'],
  'a || tail -20 build.log': ['|| tail -20 build.log'],
  'a && echo ok || echo not': ['|| echo not'],
  'if a; then echo ok; fi': ['a'],
  'if a; then echo ok; else echo not; fi': ['if a; then echo ok; else echo not; fi', 'a'],
  'n=$(count)\nif [ "$n" -gt 0 ]; then echo PASS; else echo FAIL; fi': ['if [ "$n" -gt 0 ]; then echo PASS; else echo FAIL; fi'],
  'while a; do break; done': ['a'],
  'until a; do break; done': ['a'],
  'for i in 1 2 3; do a && break; sleep 1; done\necho up': ['a'],
  'echo "answer: $(a)"': ['a'],
  'cat <(a)': ['a'],
  'cat <<X\n$(a)\nX': ['a'],
  'bash -c "a; echo done"': ['bash -c "a; echo done"'],
  "sh -c 'a | cat'": ["sh -c 'a | cat'"],
  'eval "a || true"': ['eval "a || true"'],
  'find . -name a -exec ./{} \\;': ['find . -name a -exec ./{} \\;'],
  'make -i all': ['make -i all'],
  'flake8 --exit-zero src': ['flake8 --exit-zero src'],
  'fin() { exit 0; }\ntrap fin EXIT\na': ['trap fin EXIT'],
  'exit $((0))\na': ['exit $((0))'],
  'f() { a; echo fine; }\nif f; then echo ok; fi': ['a'],
  'f() { a; echo fine; }\nf || exit 1': ['a'],
  'a & b & wait': ['a &', 'b &'],
  'rm x || true': ['|| true'],
  'dropdb x || true\necho gone': ['|| true'],
  'case x in x) a || :;; esac': ['|| :'],
  'f() { a || true; }\nf': ['|| true'],
  'for x in $(a); do echo $x; done': ['a'],
  'case $(a) in *) echo ok;; esac': ['a'],
  'mapfile -t x < <(a)\necho ${x[0]}': ['a'],
  'read x <<< $(a)\necho $x': ['a'],
  'while read -r x; do echo $x; done < <(a)': ['a'],
};

for (const [text, places] of Object.entries(hiding)) {
  test(`hides an exit code: ${JSON.stringify(text)}`, () => {
    expect(concealedFailures(parseShell(text)).map(({ offset, length }) => text.slice(offset, offset + length).trim())).toEqual(places);
  });
}

test('hides nothing', () => {
  for (const text of [
    'a && b',
    'a | b',
    'a || b',
    'x\na && b',
    '[ -e x ] && rm x\npytest',
    'exec pytest',
    'pytest\nexit',
    'pytest || exit\necho x',
    'set -eu -- -n\npytest',
    'exec 3>x\npytest',
    'f() { exec true; }\npytest',
    'a || { echo no; exit 1; }',
    'exit 1',
    'set -e',
    'ID=$(create)',
    '! grep x y',
    "echo '|| true'",
    '# || true',
    'a || exit 1',
    'f() { exit 0; }',
    'trap cleanup EXIT',
    "cat <<'E'\nx || true\nE\n",
    // What tidies up before the work, and servers that the work asks.
    'docker rm -f db || true\ndocker run db',
    'dropdb x 2>/dev/null || true; createdb x; psql x -f schema.sql',
    './server & PID=$!\n./check.sh\nkill $PID || true\n./other',
    './server &\n./check.sh',
    'a & p=$!\nwait $p',
    './server & PID=$!\n./check.sh\nkill $PID || true',
    // Conditions that ask, and branches that fail.
    'if [ -f x ]; then a; fi',
    'if grep -q ERROR x; then exit 1; fi',
    'if a; then echo ok; else echo no; exit 1; fi',
    'if ! a; then echo no >&2; exit 1; fi',
    'if psql -tAc "select 1" | grep -q 1; then a; fi',
    'die() { echo "$1"; exit 1; }\na || die no',
    'a || { code=$?; echo "failed: $code"; exit "$code"; }',
    'a || code=$?\nexit "${code:-0}"',
    'failed=0\na || failed=1\nb || failed=1\nexit $failed',
    'export NAME=report-$(date +%F)',
    'a || [ $? -eq 2 ]',
    'grep -r bad x && exit 1 || true',
    'until pg_isready; do sleep 1; done',
    'until curl -fs localhost; do sleep 1; done\na',
    'while ! a; do sleep 1; done',
    'while read -r line; do a "$line"; done < x',
    'for i in 1 2; do a; done',
    'echo "on $(hostname), $(git rev-parse HEAD), node $(node --version)"',
    'x=$(a)\necho "$x"',
    'psql -c "$(cat x.sql)"',
    'bash -ec "a; b"',
    "bash -c 'set -euo pipefail; a; b | c'",
    'bash -c "cd x && a"',
    '(cd x && a)\nb',
    'find . -name a -exec ./{} +',
    'make all',
    'trap "rm -rf $dir" EXIT\na',
    "trap 'code=$?; rm x; exit $code' EXIT\na",
    'f() { a; b; }\nf',
    'f() { f; }\nf',
    'if [ -d x ]; then y=1; else y=2; fi',
    '[ -n "$x" ] || x=default\na "$x"',
    '',
  ]) {
    expect([text, ...concealedFailures(parseShell(text))]).toEqual([text]);
  }
});

test('functions that call each other by the dozen are read in no time', () => {
  const text = Array.from({ length: 60 }, (_, index) => `f${index}() { f${index + 1} || f${index + 1}; f${index + 1}; }`).join('\n');
  expect(concealedFailures(parseShell(`${text}\nf60() { :; }\nf0 || f0`)).length).toBeLessThan(200);
});

test('what a block prints whether or not its commands failed', () => {
  const printed = (text: string): readonly string[] => printedAnyway(parseShell(text)).map((each) => each.text.trim());
  expect(printed('VERIFIED 2>&1 || true')).toEqual(['VERIFIED 2>&1']);
  expect(printed('a || true\necho OK')).toEqual(['OK', 'a']);
  expect(printed('a || echo "status: OK"')).toEqual(['status: OK', 'a']);
  expect(printed('if a; then echo x; fi; echo OK')).toEqual(['OK', 'a']);
  expect(printed('set +e\na\ncat <<X\nstatus: OK\nX')).toEqual(['status: OK', 'a']);
  for (const honest of ['a\necho OK', 'a && echo OK || echo BAD', 'if a; then echo OK; else echo BAD; fi', 'echo OK'])
    expect(printed(honest).filter((text) => text.includes('OK'))).toEqual([]);
});

test('psql that goes on after an error', () => {
  for (const text of [
    'psql -f x.sql',
    'psql "$DATABASE_URL" <<X\nselect 1;\nX',
    'echo "select 1" | psql',
    'psql -v ON_ERROR_STOP=0 -f x.sql',
    'psql -c "select 1/0" -c "select 1"',
    'timeout 5 psql < x.sql',
  ])
    expect([text, heedlessPsql(parseShell(text))]).toEqual([text, expect.stringContaining('psql')]);
  for (const text of [
    'psql -c "select 1"',
    'psql -v ON_ERROR_STOP=1 -f x.sql',
    'psql --set=ON_ERROR_STOP=on < x.sql',
    'psql <<X\n\\set ON_ERROR_STOP on\nselect 1;\nX',
    'ls',
  ])
    expect([text, heedlessPsql(parseShell(text))]).toEqual([text, undefined]);
});
