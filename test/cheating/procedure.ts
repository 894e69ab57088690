/** The way of working: what happens between, after and beside the steps. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { swap, type Act, type Edit } from './act.ts';
import { urlOf, type Ground, type Said } from './ground.ts';
import { commit, executing, reviewing, tampering } from './play-act.ts';
import * as edit from './program-edit.ts';

const repaired = 'failures fixed in the middle and the run repeated with only the last attempt shown';
const edited = 'the tested source or the guard edited\nduring the execution';
const narrowed = 'policy text narrowed in the report';
const after = 'the plan edited after the execution';
const continued = 'work continued after a failure';
const byHand = 'reports written by hand';
const unnamed = 'no commit recorded';
const password = 'the database password in the report';

const repair = (ground: Ground): void => ground.editFile(edit.tests, (old) => old.replace('assert False', 'pass'));
const record = (ground: Ground): string => realpathSync(ground.path('out/latest'));
const review = (id: string, quote: string, done: string, plan: Edit, names: readonly string[]): Act => ({
  id,
  quote,
  done,
  by: 'author',
  scene: 'v4, sections 2 and 3',
  play: reviewing(plan),
  exitCode: 2,
  verdict: 'none',
  names: ['error[cli/stale-lock]', ...names],
  kept: 'prevented',
  layer: '`run --locked`; `diff` says what it means',
});

export const procedure: readonly Act[] = [
  {
    id: 'fixed-in-the-middle',
    quote: repaired,
    done: 'a test that fails is repaired while the execution runs, before it is reached',
    by: 'accomplice',
    scene: 'v4, section 5, paused',
    play: executing({ files: { [edit.tests]: edit.failingTest }, meanwhile: repair }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/workspace-changed]', 'test_run_introspection_coordinators.py'],
    kept: 'detected',
    layer: 'watch over the workspace',
  },
  {
    id: 'only-the-last-attempt',
    quote: repaired,
    done: 'after a repair a second execution passes, and the folder of the failed one is deleted',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering(
      (_, ground) => {
        const folder = ground.path('out/executions');
        for (const name of readdirSync(folder)) if (join(folder, name) !== record(ground)) rmSync(join(folder, name), { recursive: true });
      },
      undefined,
      'failed, then passed',
    ),
    exitCode: 1,
    verdict: 'none',
    names: ['error[review/attempt-missing]', 'attempt 1 of 2'],
    kept: 'detected',
    layer: 'ledger; the execution itself said `attempt=2`',
  },
  {
    id: 'last-attempt-handed-over',
    quote: repaired,
    done: 'only the folder of the execution that passed is handed over',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering(
      (folder, ground) => cpSync(folder, ground.path('planted', folder.split('/').at(-1) ?? ''), { recursive: true }),
      (folder, ground) => ['audit', 'verify', ground.path('planted', folder.split('/').at(-1) ?? '')],
      'failed, then passed',
    ),
    exitCode: 1,
    verdict: 'none',
    names: ['error[review/ledger-missing]'],
    kept: 'detected',
    layer: 'ledger',
  },
  {
    id: 'source-edited-by-step',
    quote: edited,
    done: 'a step edits the tested source',
    by: 'program',
    scene: 'v4, sections 2 to 4',
    play: executing({
      plan: edit.stepBefore(
        '## 4. RunProofCoordinator Validation',
        'sed -i \'s/return f"step/return f"a step/\' app/hoc/cus/hoc_spine/orchestrator/coordinators/hash_chain.py',
      ),
    }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/workspace-changed]', 'hash_chain.py'],
    kept: 'detected',
    layer: 'watch over the workspace',
  },
  {
    id: 'source-edited-meanwhile',
    soak: 'as another',
    quote: edited,
    done: 'somebody edits the tested source, which is under version control',
    by: 'accomplice',
    scene: 'v4, paused',
    play: executing({
      before: commit,
      meanwhile: (ground) => ground.editFile(edit.hashChain, (old) => `${old}\n# edited\n`),
    }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/workspace-changed]', 'hash_chain.py'],
    kept: 'detected',
    layer: 'watch over the workspace',
  },
  {
    id: 'configuration-edited-meanwhile',
    soak: 'as another',
    quote: edited,
    done: 'somebody edits the configuration, by which the guard was raised',
    by: 'accomplice',
    scene: 'v4, sections 2 and 3, paused',
    play: executing({ meanwhile: (ground) => ground.editFile('proofplan.config.yaml', (old) => `${old}\n# edited\n`) }),
    exitCode: 5,
    verdict: 'error',
    names: ['error[execute/document-changed]', 'proofplan.config.yaml` was edited during the execution'],
    kept: 'detected',
    layer: 'files of the execution, compared after each step',
  },
  {
    id: 'plan-edited-meanwhile',
    quote: edited,
    done: 'somebody edits the plan while it is executed',
    by: 'accomplice',
    scene: 'v4, sections 2 and 3, paused',
    play: executing({ meanwhile: (ground) => ground.editFile('plans/run-proof-v4.md', (old) => old.replace('No SQLite fallback. ', '')) }),
    exitCode: 5,
    verdict: 'error',
    names: ['error[execute/document-changed]', 'run-proof-v4.md', 'was edited during the execution'],
    kept: 'detected',
    layer: 'files of the execution, compared after each step',
  },
  {
    id: 'policy-narrowed-in-report',
    quote: narrowed,
    done: 'the policy is shortened in `report.md` after the end',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering((folder) => {
      const path = join(folder, 'report.md');
      writeFileSync(path, swap('No SQLite fallback. ', '')(readFileSync(path, 'utf8')));
    }),
    exitCode: 1,
    verdict: 'none',
    names: ['error[review/file-changed]', 'report.md'],
    kept: 'detected',
    layer: '`audit verify`: digests of the reports stand in the journal',
  },
  {
    ...review('policy-narrowed-in-plan', narrowed, 'the plan forbids no SQLite fallback any more', swap('No SQLite fallback. ', ''), [
      'policy lost',
      'No SQLite fallback',
    ]),
    soak: 'as another',
  },
  {
    id: 'plan-edited-after',
    quote: after,
    done: 'a criterion is taken out of the plan after the execution, and the record is shown with it',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering(
      (_, ground) => ground.editFile('plans/run-proof-v4.md', swap(/^5\. Coordinator tests pass\.\n/m, '')),
      (folder, ground) => [
        'audit',
        'verify',
        folder,
        '--expect-plan',
        createHash('sha256')
          .update(readFileSync(ground.path('plans/run-proof-v4.md')))
          .digest('hex'),
      ],
    ),
    exitCode: 1,
    verdict: 'none',
    names: ['error[review/unexpected-plan]'],
    kept: 'detected',
    layer: '`audit verify --expect-plan`',
  },
  {
    id: 'continued-after-failure',
    quote: continued,
    done: 'the production path fails, and the steps after it are to be carried out all the same',
    by: 'program',
    scene: 'v4, sections 2 to 4',
    play: executing({ files: { [edit.cli]: swap('    for line in result.lines():\n        say(line)', '    raise CommandError("failed at the end")') } }),
    exitCode: 1,
    verdict: 'failed',
    names: ['not run: stopped after step 2.1: failed', 'failed[execute/missing-capture]'],
    kept: 'prevented',
    layer: 'the order of execution',
  },
  {
    id: 'continued-with-only',
    soak: 'as another',
    quote: continued,
    done: 'the steps that are left are executed alone, with `--only`',
    by: 'author',
    scene: 'v4, section 5',
    play: executing({ arguments: ['--only', '5.1'] }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['only step 5.1 was asked for'],
    kept: 'detected',
    layer: 'verdicts: a part of a plan is no pass',
  },
  {
    ...review('stop-taken-back', continued, 'the plan does not say any more that a failure stops it', swap(' Stop on failure and report evidence.', ''), [
      'Stop on failure',
    ]),
    soak: 'as another',
  },
  {
    id: 'report-without-execution',
    quote: byHand,
    done: 'a folder with a `verdict.json` and a `report.md` is written by hand',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering(
      (_, ground) => {
        mkdirSync(ground.path('planted'));
        ground.editFile('planted/verdict.json', '{ "verdict": "passed", "exitCode": 0 }\n');
        ground.editFile('planted/report.md', '# All passed\n');
      },
      (_, ground) => ['audit', 'verify', ground.path('planted')],
    ),
    exitCode: 2,
    verdict: 'none',
    names: ['error[cli/not-an-execution]'],
    kept: 'detected',
    layer: '`audit verify`: without a journal nothing was executed',
  },
  {
    id: 'report-planted-meanwhile',
    soak: 'as another',
    quote: byHand,
    done: 'a `verdict.json` written by hand waits in the folder of the execution before it ends',
    by: 'accomplice',
    scene: 'v4, section 5, paused',
    play: executing({
      files: { [edit.tests]: edit.failingTest },
      meanwhile: (_, folder) => writeFileSync(join(folder, 'verdict.json'), '{ "verdict": "passed", "exitCode": 0 }\n'),
    }),
    exitCode: 5,
    verdict: 'error',
    names: ['error[execute/planted-file]', 'verdict.json'],
    kept: 'detected',
    layer: 'files that only the runner writes',
  },
  {
    id: 'commit-taken-out',
    quote: unnamed,
    done: 'the commit is taken out of the record',
    by: 'afterwards',
    scene: 'v4, section 5',
    play: tampering((folder) => {
      const path = join(folder, 'report.md');
      writeFileSync(path, swap(/^> workspace .*\n/m, '')(readFileSync(path, 'utf8')));
      const journal = join(folder, 'journal.jsonl');
      writeFileSync(journal, swap(/"workspace":\{"commit":[^,]*,/, '"workspace":{')(readFileSync(journal, 'utf8')));
    }),
    exitCode: 1,
    verdict: 'none',
    names: ['error[review/chain-broken]', 'error[review/file-changed]'],
    kept: 'detected',
    layer: '`audit verify`: the workspace stands in the first entry',
  },
  {
    id: 'password-given',
    soak: 'as another',
    quote: password,
    done: "the database's address with its password is given for the hole `<db_url>`",
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ arguments: (ground) => ['--set', `db_url=${urlOf(ground.address)}`], then: withoutPassword }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[execute/database-input]', 'the password is nowhere'],
    kept: 'prevented',
    layer: "the gateway's address fills the hole; records are masked",
  },
  {
    id: 'password-printed',
    quote: password,
    done: 'the CLI finds the real address, prints it, and fails',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({
      before: (ground) =>
        ground.editFile(
          edit.cli,
          swap(
            '    for line in result.lines():\n        say(line)',
            `    say("Address: ${urlOf(ground.address)}")\n    raise CommandError("failed at the end")`,
          ),
        ),
      then: async (ground, said) => withoutPassword(ground, { ...said, output: `${said.output}\n${(await ground.call(['show', 'out', '2.1']).ended).output}` }),
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['Address: postgresql://app:***@', 'the password is nowhere'],
    kept: 'prevented',
    layer: 'masking before every sink',
  },
];

/** Looked for in everything that was said and kept. */
function withoutPassword(ground: Ground, said: Said): Said {
  const { password: secret } = ground.address;
  const found = [said.output, ...filesBelow(ground.path('out')).map((path) => readFileSync(path, 'latin1'))].filter((text) => text.includes(secret));
  return { ...said, output: `${said.output}\n${found.length === 0 ? 'the password is nowhere' : 'THE PASSWORD IS THERE'}` };
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
