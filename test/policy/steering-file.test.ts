import { expect, test } from 'vitest';
import { steersPrograms } from '../../src/policy/steering-file.ts';

const texts = ['cd x && python3 -m pytest -q', 'python -m app.run'];

test('files that decide what a later step does', () => {
  for (const path of [
    'conftest.py',
    'tests/unit/conftest.py',
    'pytest.ini',
    'a/b.pth',
    'vitest.config.ts',
    'pytest.py',
    'app/__init__.py',
    'pytest/__main__.py',
    'Makefile',
  ])
    expect([path, steersPrograms(path, texts)]).toEqual([path, true]);
});

test('files that are only there', () => {
  for (const path of ['out.json', 'report.py', 'lib/pytest.py', 'app/new.py', 'migrations/versions/1.py', 'notes.ini', 'pytest.py.txt'])
    expect([path, steersPrograms(path, texts)]).toEqual([path, false]);
  expect(steersPrograms('pytest.py', ['pytest -q'])).toBe(false);
});
