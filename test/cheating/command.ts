/** Commands: another one than the plan's, or the same one so that its failure does not show. */
import { chmodSync } from 'node:fs';
import { fenced, swap, type Act, type Edit, type Play } from './act.ts';
import type { Ground } from './ground.ts';
import { executing, reviewing, shown } from './play-act.ts';
import * as edit from './program-edit.ts';

const replaced = 'the CLI replaced by `python -c` or a script that calls its functions ("equivalent")';
const variables = 'undeclared variables added\n(`DB_ROLE=…`) or demanded ones left out';
const hidden = '`|| true`, `; exit 0`,\n`set +e`, a background job, a pipeline that hides an exit code';
const search = 'the required rg never run';
const cliCall = 'python3 -m app.hoc.cus.integrations.cus_cli run \\';
const pytestLine = 'PYTHONPATH=. pytest tests/test_run_introspection_coordinators.py -q';
const rgBlock = 'rg -n "generate_plan_for_run|RunRunner|tenant-id|origin-system-id" \\\n  backend/app/hoc/cus/integrations/cus_cli.py';
const equivalent = ['import sys', 'from app.hoc.cus.integrations.cus_cli import main', 'sys.argv[0] = "cus_cli"', 'sys.exit(main())', ''].join('\n');

/** A program of ours before all others on the runner's own PATH. */
const plantProgram =
  (name: string, text: string) =>
  (ground: Ground): void => {
    ground.editFile(`planted/${name}`, `#!/bin/sh\n${text}\n`);
    chmodSync(ground.path('planted', name), 0o755);
  };
const plantedFirst = (ground: Ground) => ({ PATH: `${ground.path('planted')}:${process.env['PATH']}` });

/** The tests fail, and the command is written so that its exit code does not tell it. */
const hiding = (id: string, done: string, command: string, how: string): Act => ({
  id,
  quote: hidden,
  done,
  by: 'author',
  scene: 'v4, section 5',
  play: executing({ plan: swap(pytestLine, command), files: { [edit.tests]: edit.failingTest } }),
  exitCode: 4,
  verdict: 'unproven',
  names: [
    'warning[compile/concealed-failure]',
    `${how}, so the exit code of step 5.1 proves nothing`,
    'warning[execute/unasserted-step]',
    'the acceptance criterion `Coordinator tests pass.` is unproven',
  ],
  kept: 'detected',
  layer: 'the plan is read: an exit code that is hidden proves nothing',
});

/** The plan was locked when it was reviewed; the edit comes after that. */
const reviewed = (id: string, quote: string, done: string, scene: Act['scene'], plan: Edit, names: readonly string[], addendum?: Edit): Act => ({
  id,
  quote,
  done,
  by: 'author',
  scene,
  play: reviewing(plan, addendum),
  exitCode: 2,
  verdict: 'none',
  names: ['error[cli/stale-lock]', ...names],
  kept: 'prevented',
  layer: '`run --locked`; `diff` says what it means',
});

const onPath = (play: Play): Pick<Act, 'by' | 'play'> => ({ by: 'accomplice', play });

export const command: readonly Act[] = [
  {
    id: 'cli-as-python-c',
    quote: replaced,
    done: 'the command of the production path is `python3 -c` with an import of its `main`',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: swap(cliCall, `python3 -c 'from app.hoc.cus.integrations.cus_cli import main; main()' run \\`) }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/quotation-not-found]', 'python3 -m app.hoc.cus.integrations.cus_cli run'],
    kept: 'prevented',
    layer: 'the plan is read: the addendum quotes the command',
  },
  {
    ...reviewed(
      'cli-as-script',
      replaced,
      'a script that calls the functions of the CLI takes its place, in the plan and in the addendum',
      'v4, sections 2 and 3',
      swap(cliCall, 'python3 equivalent.py run \\'),
      ['python3 equivalent.py run'],
      swap('at: python3 -m app.hoc.cus.integrations.cus_cli run', 'at: python3 equivalent.py run'),
    ),
    play: async (ground, scene) => {
      ground.editFile('backend/equivalent.py', equivalent);
      return reviewing(
        swap(cliCall, 'python3 equivalent.py run \\'),
        swap('at: python3 -m app.hoc.cus.integrations.cus_cli run', 'at: python3 equivalent.py run'),
      )(ground, scene);
    },
  },
  {
    id: 'variable-from-outside',
    soak: 'as another',
    quote: variables,
    done: 'the CLI works only with `DB_ROLE=admin`, which stands in no plan and is set where the runner is started',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({
      files: {
        [edit.cli]: swap(
          'async def run_goal(args: argparse.Namespace) -> None:\n',
          'async def run_goal(args: argparse.Namespace) -> None:\n    import os\n    if os.environ.get("DB_ROLE") != "admin":\n        raise CommandError("DB_ROLE is not set")\n',
        ),
      },
      variables: () => ({ DB_ROLE: 'admin' }),
      then: shown('2.1'),
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'Error: DB_ROLE is not set'],
    kept: 'prevented',
    layer: 'environment by permitted list; `proofplan show`',
  },
  reviewed(
    'variable-in-the-plan',
    variables,
    'the plan gets `DB_ROLE=admin` before its command',
    'v4, sections 2 and 3',
    swap('PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL=', 'DB_ROLE=admin PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL='),
    ['DB_ROLE=admin'],
  ),
  {
    id: 'variable-left-out',
    quote: variables,
    done: 'the command leaves `USE_POSTGRES_TRACES=true` out, which is set where the runner is started',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({
      plan: swap('PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL=', 'PYTHONPATH=. DATABASE_URL='),
      variables: () => ({ USE_POSTGRES_TRACES: 'true' }),
    }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/precondition-not-met]', 'step 2.1 (line 25) does not set `USE_POSTGRES_TRACES`'],
    kept: 'prevented',
    layer: 'preconditions, judged on the text of each step',
  },
  {
    id: 'python-for-python3',
    quote: '`python` for `python3`',
    done: 'the command begins with `python`',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: swap(cliCall, cliCall.replace('python3', 'python')) }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/quotation-not-found]', 'python3 -m app.hoc.cus.integrations.cus_cli run'],
    kept: 'prevented',
    layer: 'the plan is read: the addendum quotes the command',
  },
  reviewed(
    'flag-added',
    'flags added (`--quick`)',
    'the command of the production path gets `--quick`',
    'v4, sections 2 and 3',
    swap('  --verbose\n', '  --quick \\\n  --verbose\n'),
    ['--quick'],
  ),
  {
    id: 'search-replaced',
    quote: search,
    done: 'the block with the search prints what the search would have found',
    by: 'author',
    scene: 'v4, section 1',
    play: executing({ plan: swap(rgBlock, `echo '12:generate_plan_for_run'`) }),
    exitCode: 3,
    verdict: 'refused',
    names: ['refused[policy/forbidden-execution]'],
    kept: 'prevented',
    layer: 'the plan is read: judged before step 1',
  },
  {
    ...reviewed('search-removed', search, 'the block with the search is taken out of the plan', 'v4, section 1', swap(fenced(rgBlock), ''), ['rg -n']),
    soak: 'as another',
  },
  {
    id: 'search-left-out',
    soak: 'as another',
    quote: search,
    done: 'another step alone is executed, with `--only`',
    by: 'author',
    scene: 'v4, section 1',
    play: executing({ arguments: ['--only', '1.1'] }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['1.6 rg-check', 'not run'],
    kept: 'detected',
    layer: 'verdicts: a step that is not run proves nothing',
  },
  {
    id: 'search-program-replaced',
    soak: 'as another',
    quote: search,
    done: 'an `rg` that prints lines without looking is first on the PATH, and the pattern is in no file',
    scene: 'v4, section 1',
    ...onPath(
      executing({
        plan: swap(rgBlock, rgBlock.replace('RunRunner|', 'NoSuchThing|')),
        before: plantProgram('rg', 'echo 1:NoSuchThing'),
        variables: plantedFirst,
      }),
    ),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'NoSuchThing'],
    kept: 'prevented',
    layer: "the runner's own rg",
  },
  reviewed(
    'coordinator-changed',
    'a coordinator\nscript shortened or changed (`get_async_session` for `get_session`)',
    'the script of the plan opens its session with `get_async_session`',
    'v4, sections 2 to 4',
    (text) => text.replaceAll('get_session', 'get_async_session'),
    ['get_async_session'],
  ),
  {
    id: 'coordinator-shortened',
    quote: 'a coordinator\nscript shortened or changed (`get_async_session` for `get_session`)',
    done: 'the script of the plan does not print the root any more, so that nothing is compared with it',
    by: 'author',
    scene: 'v4, sections 2 to 4',
    play: executing({ plan: swap('        print("root_hash:", result.integrity.root_hash)\n', '') }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/chain-not-compared]', 'root_hash'],
    kept: 'detected',
    layer: 'hash-chain witness',
  },
  {
    id: 'pytest-on-path',
    quote: 'the program on PATH replaced',
    done: 'the tests fail, and a `pytest` that prints a summary is first on the PATH',
    scene: 'v4, section 5',
    ...onPath(
      executing({
        files: { [edit.tests]: edit.failingTest },
        before: plantProgram('pytest', 'echo "3 passed in 0.01s"'),
        variables: plantedFirst,
      }),
    ),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', '5.1'],
    kept: 'prevented',
    layer: "programs are found on the environment's own path",
  },
  hiding('or-true', '`|| true` after the tests', `${pytestLine} || true`, '`|| true`'),
  { ...hiding('exit-0', '`; exit 0` after the tests', `${pytestLine}; exit 0`, '`exit 0`'), soak: 'as another' },
  {
    ...hiding('set-plus-e', '`set +e` before the tests, a command that succeeds after them', `set +e\n${pytestLine}\necho ok`, '`set +e`'),
    soak: 'as another',
  },
  {
    ...hiding('background-job', 'the tests run in the background', `${pytestLine} &\nsleep 1`, 'a command in the background, whose exit code nobody asks for'),
    soak: 'as another',
  },
  {
    ...hiding(
      'pipeline-without-pipefail',
      'a pipeline ends well, and `pipefail` is taken back',
      `set +o pipefail\n${pytestLine} | sed 's/1 failed, //'`,
      '`set +o pipefail`',
    ),
    soak: 'as another',
  },
  {
    id: 'pipeline',
    soak: 'as another',
    quote: hidden,
    done: 'a pipeline takes the word of the failure out of the summary',
    by: 'author',
    scene: 'v4, section 5',
    play: executing({ plan: swap(pytestLine, `${pytestLine} | sed 's/1 failed, //'`), files: { [edit.tests]: edit.failingTest } }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'step 5.1 ended with exit code 1'],
    kept: 'detected',
    layer: 'each shell step runs under `pipefail`',
  },
];
