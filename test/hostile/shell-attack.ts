/** Attacks on shell and processes (`fixtures/guard/shell/`) as data, and the plan that each is played in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const attackFolder = resolve(import.meta.dirname, '../../fixtures/guard/shell');

export interface ShellAttack {
  readonly family: string;
  readonly name: string;
  /** What it is after, in a sentence. */
  readonly tries: string;
  /** The block of the attacking step; absent where the attack comes from outside. */
  readonly step?: string;
  /** What that step must show; exit code 0 when absent. */
  readonly expected?: string;
  /** A block of a step before the production path. */
  readonly first?: string;
  /** A block of a step after it. */
  readonly later?: string;
  /** The block that runs the tests, in the place of the honest one; implies `tests`. */
  readonly block?: string;
  /** Below the workspace; what begins with `#!` may be executed. */
  readonly files?: Readonly<Record<string, string>>;
  /** In the environment of the runner; `$PLAY` is the playground. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Carried out by bash in the workspace before. */
  readonly outside?: string;
  /** The plan ends with tests, of which one fails. */
  readonly tests?: true;
  /** The runner's own server instead of a given one. */
  readonly embedded?: true;
  /** A folder that the configuration puts first on the search path. */
  readonly path?: string;
  /** A sentence more for the plan. */
  readonly policy?: string;
  /**
   * `row`: a row in `runs` that the production path has not written. `pass`: the failing tests, or a step that fails, seem to
   * pass. Else a text for bash, in the playground, that succeeds if the attack did.
   */
  readonly effect: string;
  /** The text for the plain shell where it is another one than `step` and `later`. */
  readonly plain?: string;
  /** Why there is nothing to attack without a runner. */
  readonly notApplicable?: string;
  /** What the output of the runner must say. */
  readonly names?: string;
  /** Exit codes that are right; any but 0 when absent. */
  readonly exit?: readonly number[];
  /** What keeps it from having an effect where no decision says so. */
  readonly stops?: string;
  /** Why nothing had to stop it. */
  readonly stands?: string;
  /** Isolation makes a difference: it is played without, too, where it is at least detected. */
  readonly bare?: true;
  /** Without isolation neither stopped nor detected, and why. */
  readonly bareOpen?: string;
  /** Neither stopped nor detected, and why. */
  readonly open?: string;
  /** Played in the ordinary suite. */
  readonly quick?: true;
}

export function readAttacks(): readonly ShellAttack[] {
  return readdirSync(attackFolder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) =>
      (parse(readFileSync(join(attackFolder, name), 'utf8'), { merge: true }) as Omit<ShellAttack, 'family'>[]).map((attack) => ({
        family: name.replace('.yaml', ''),
        ...attack,
      })),
    );
}

export const schema = `CREATE TABLE runs (id text PRIMARY KEY, note text);
CREATE TABLE notes (body text);
`;
export const honest = 'production';
export const importScript = `#!/bin/bash
# The production path: writes its one row and says which.
psql -qX "$DATABASE_URL" -c "INSERT INTO runs VALUES ('${honest}', 'by the program')"
echo "imported ${honest}"
`;
export const failing = 'import unittest\n\n\nclass Test(unittest.TestCase):\n    def test_that_fails(self):\n        self.assertEqual(1, 2)\n';

export const honestTests = 'python3 -m pytest -q test_import.py';

export function planOf({ first, step, expected = 'exit code 0', later, tests, block, policy }: ShellAttack): string {
  const shell = (text: string): string => `\`\`\`bash\n${text.trimEnd()}\n\`\`\``;
  const sections = [
    ...(first === undefined ? [] : [['Look first', shell(first), '**Expected:** exit code 0']]),
    ['Import (Production Path)', shell('./import'), `**Expected:** stdout contains "imported ${honest}"`],
    ...(step === undefined ? [] : [['Look', shell(step), `**Expected:** ${expected}`]]),
    ...(later === undefined ? [] : [['Look again', shell(later), '**Expected:** exit code 0']]),
    ['Rows', '```sql\nSELECT count(*) AS rows FROM runs;\n```', '**Expected:** `rows = 1`'],
    ...(tests === true || block !== undefined ? [['Tests', shell(block ?? honestTests), '**Expected:** all tests pass']] : []),
  ];
  return [
    '# Import',
    `No manual inserts into \`runs\`.${policy === undefined ? '' : ` ${policy}`}`,
    ...sections.flatMap(([title = '', ...rest], index) => [`## ${index + 1}. ${title}`, ...rest]),
    '',
  ].join('\n\n');
}
