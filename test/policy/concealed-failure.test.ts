import { expect, test } from 'vitest';
import { concealedFailures } from '../../src/policy/concealed-failure.ts';
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
  'for i in 1 2; do pytest & done': ['pytest'],
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
  'if a; then b || true; fi': ['|| true'],
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
    '',
  ]) {
    expect([text, ...concealedFailures(parseShell(text))]).toEqual([text]);
  }
});
