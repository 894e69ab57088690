// What the exit code of each command says. A command that is not named here has done what it was asked for (0), or was misused (2).

export const verdictCodes = [
  ['0', 'passed: every step run, every expectation held, every criterion witnessed, every policy enforced; of other commands: done, nothing found'],
  ['1', 'failed; of other commands: something was found (see the command)'],
  ['2', 'the command is misused, or a plan does not compile: nothing was executed'],
  ['3', 'refused: a policy was violated'],
  ['4', 'unproven, or blocked by a precondition'],
  ['5', 'error in the environment, the runner or the journal'],
  ['129, 130, 143', 'interrupted by SIGHUP, SIGINT, SIGTERM; the journal says where'],
];

const verdict = 'the verdict, as above; of several plans the worst.';

const byCommand = {
  run: verdict,
  resume: verdict,
  merge: 'the verdict of all shards, as above: 0 only where every plan of the set was executed once and passed.',
  check: '0 where all plans compile (warnings do not count), else 2.',
  explain: '0 where the plan compiles, else 2.',
  lock: '0 where the locks are written, or hold; 2 where a plan does not compile, or with `--check` a lock is missing or does not hold any more.',
  diff: '0; with `--fail-on-weaker` 1 where something is weaker or unclear; 2 where a plan cannot be read.',
  'audit verify': '0 where nothing was found, 1 where something was, 2 where there is no such record.',
  'audit prove': '0 with a proof; 1 where the journal cannot be believed; 2 where there is no such entry.',
  'audit check-proof': '0 where the proof holds, 1 where it does not, 2 where it cannot be read.',
  'audit compare': '0 where the executions show the same, 1 where they differ, 2 where one of them cannot be read.',
  doctor: '0 where nothing is missing, 5 where something is.',
  guard: "the command's own; 3 when anything was refused; 2 when it is misused; 5 when the guard failed.",
  decide: '0 permitted, 3 refused, 2 not understood.',
};

export const exitCodesOf = (words) => byCommand[words] ?? '0 when it is done, else 2.';
