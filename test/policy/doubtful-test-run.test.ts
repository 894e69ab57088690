import { describe, expect, test } from 'vitest';
import { doubtfulTestRun } from '../../src/policy/doubtful-test-run.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';

describe('the exit code of the block is not that of its tests', () => {
  for (const text of [
    'pytest || true',
    'set -n\npytest',
    'hash -p ./x pytest\npytest',
    'exec true\npytest',
    'eval "$(generate)"\npytest',
    "eval 'pytest() { true; }'\npytest",
    '. ./setup.sh\npytest',
    'source setup.sh && pytest',
    'enable -n exit\npytest',
    "trap 'false' DEBUG\npytest",
    'f() { true; }\npytest',
    'echo "$(pytest)"',
    'echo "$(pytest | sed s/failed/passed/)"',
    'false && pytest\necho x',
    '[ -n "" ] && pytest\necho x',
    'true || pytest',
    'if pytest; then :; fi\necho x',
    'while pytest; do break; done',
    'if false; then pytest; fi',
    '! pytest',
    'pytest & wait',
    'pytest & ./other',
    'set +o pipefail\npytest | sed s/failed/passed/',
    'env A=1 python3 -m pytest || echo',
  ])
    test(JSON.stringify(text), () => {
      expect(doubtfulTestRun(parseShell(text))).toBeTypeOf('string');
    });
});

test('what people write', () => {
  for (const text of [
    'pytest -q',
    'cd backend && PYTHONPATH=. pytest tests -q',
    'cd backend\npython3 -m pytest -q\necho done',
    '. .venv/bin/activate\npytest',
    'source .venv/bin/activate && pytest',
    'set -a; source .env; set +a\npytest',
    'pytest -q | tail -1',
    'pytest -q 2>&1 | tee x',
    'for part in a b; do pytest "$part"; done',
    '(cd x; pytest)',
    "trap 'rm -rf x' EXIT\npytest",
    'pytest || exit 1',
    'echo no tests here || true; ls',
  ])
    expect([text, doubtfulTestRun(parseShell(text))]).toEqual([text, text.startsWith('echo') ? '`|| true`' : undefined]);
});
