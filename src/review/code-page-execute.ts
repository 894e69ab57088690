/** Pages of what can go wrong while a plan is executed, and of what its evidence may not show. */
import type { CodeReason } from './code-page-row.ts';

export const executeReasons = {
  'engine/cannot-start': {
    why: 'a step that did not start has shown nothing',
    bad: 'the system refuses another process',
    good: 'end what fills the machine, and execute the plan again',
  },
  'engine/database-lost': {
    why: 'whether the statement took effect is not known, so it is neither passed nor failed',
    bad: 'the server was restarted in the middle of step 3.1',
    good: 'execute the plan again on a server that stays',
  },
  'engine/evidence-unwritable': {
    why: 'a verdict without its evidence cannot be examined later',
    bad: 'the disk of .proofplan is full',
    good: 'proofplan run plan.md --out /data/proofplan',
  },
  'engine/missing-binding': {
    why: 'a step without its value does something else than the plan says',
    bad: 'step 2 needs `<order_id>`, and step 1 printed none',
    good: 'proofplan run plan.md --set order_id=7',
  },
  'engine/no-database': {
    why: 'a query that was not asked has no answer, and no answer is not "no rows"',
    bad: 'environments:\n  local: { workspace: . }',
    good: 'environments:\n  local: { workspace: ., database: embedded }',
  },
  'engine/no-such-directory': {
    why: 'in another folder the same command does something else',
    bad: 'defaults: { workingDirectory: backnd }',
    good: 'defaults: { workingDirectory: backend }',
  },
  'engine/no-such-path': {
    why: '"contains no …" holds of every file that is not there',
    bad: 'rg -n "legacy" src/ordr.py',
    good: 'rg -n "legacy" src/order.py',
  },
  'engine/no-such-program': { why: 'a search that was not made proves neither presence nor absence', bad: 'npm ci --omit=optional', good: 'npm ci' },
  'engine/output-too-large': {
    why: 'evidence that does not fit the disk would be cut, and a cut output may lack the line that speaks against it',
    bad: '```bash\nyes\n```',
    good: '```bash\nyes | head -n 100\n```',
  },
  'engine/outside-workspace': { why: 'outside of it nothing is watched for changes', bad: 'workingDirectory: ../other', good: 'workingDirectory: backend' },
  'engine/refused-statement': {
    why: 'an assertion only looks; one that writes could make what it then finds',
    bad: '```sql\nINSERT INTO orders VALUES (1) RETURNING id;\n```',
    good: '```sql\nSELECT id FROM orders WHERE id = 1;\n```',
  },
  'engine/search-incomplete': { why: 'what was not read may hold what was sought', bad: 'rg -n "(" src', good: "rg -n '\\(' src" },
  'engine/unusable-value': { why: 'a value that is changed on its way to the command is another value', bad: "--set name=$'a\\0b'", good: '--set name=ab' },
  'engine/value-too-long': {
    why: 'a cut value would compare as another one',
    bad: 'Record: the whole dump, from stdout',
    good: 'Record: its checksum, from a line `sha256: …`',
  },
  'engine/watchdog-lost': {
    why: 'a step that ends processes which are not its own does so to act unseen',
    bad: 'pkill node',
    good: 'kill "$server"      (the process that the step itself has started)',
  },
  'engine/wrong-type': {
    why: 'a value that is no number cannot be compared as one, and as text 10 is less than 9',
    bad: 'printed: Rows: many      (recorded as integer)',
    good: 'printed: Rows: 12',
  },
  'execute/canary-not-refused': {
    why: 'before the first step the runner tries a forbidden act itself; a guard that lets it pass would let a step pass, too',
    bad: 'canary: INSERT into a protected table was NOT refused',
    good: 'proofplan doctor                     (which layer does not hold here)',
  },
  'execute/captured-input': {
    why: 'a value that the execution is to find out, given beforehand, would agree with itself',
    bad: 'proofplan run plan.md --set run_id=7   (step 2 records run_id)',
    good: 'proofplan run plan.md',
  },
  'execute/claim-unproven': {
    why: 'nothing found is not "all are right": a claim over no rows holds of a broken system as well',
    bad: 'every row has status paid            (0 rows came back)',
    good: 'at least 1 row, every row has status paid',
  },
  'execute/command-not-started': {
    why: 'a command that never ran has kept no rule; the exit code is 127, as a shell says it',
    bad: 'proofplan guard --database env:APP_URL -- pgsql -c "select 1"',
    good: 'proofplan guard --database env:APP_URL -- psql -c "select 1"',
  },
  'execute/conflicting-values': {
    why: 'one of two observations is wrong, and a claim could be met by choosing the other',
    bad: 'step 3 shows step_count 7, step 4 shows step_count 0',
    good: 'say which is meant: `step_count` from step 3',
  },
  'execute/criterion-unproven': {
    why: 'what is to be accepted was not shown, whatever else has passed',
    bad: 'criterion: the backup can be restored    (no step restores it)',
    good: 'a step that restores it, with an expectation',
  },
  'execute/database-input': {
    why: 'steps get the address of the guard; with the real one they would go past it',
    bad: 'proofplan run plan.md --set db_url=postgres://…',
    good: 'proofplan run plan.md --database env:SHOP_URL',
  },
  'execute/database-lost': {
    why: 'what happened after that is not known, and the guards cannot say that nothing was written',
    bad: 'the server was restarted while the plan ran',
    good: 'execute the plan again on a server that stays',
  },
  'execute/document-changed': {
    why: 'a plan that changes while it is executed may be made to fit what was found',
    bad: 'a step that edits plan.md',
    good: 'leave the plan alone until the verdict is there',
  },
  'execute/expectation-not-met': {
    why: 'this is the plain failure of a plan: the system does not show what is expected',
    bad: 'expected: chain_length == step_count     (0 is not 7)',
    good: 'mend the system, and execute the whole plan again',
  },
  'execute/chain-not-compared': {
    why: 'a coordinator that says VERIFIED about itself proves little: the runner has recomputed the root, and had nothing to hold it against',
    bad: 'print("status:", answer.status)',
    good: 'print("status:", answer.status)\nprint("root_hash:", answer.root_hash)',
  },
  'execute/clock-set-back': {
    why: 'an execution that could be dated at will could be passed off as an earlier one',
    bad: 'date -s yesterday                    (in the middle of step 3)',
    good: 'let a time server keep the clock, and execute the plan again',
  },
  'execute/in-doubt': {
    why: 'done twice it may do harm, taken for done it would be a pass that nobody saw',
    bad: 'the runner was killed while step 2.1 wrote its row',
    good: "proofplan resume .proofplan/latest --not-done 2.1 --by 'Ada Lovelace'     (after a look)",
  },
  'execute/not-resumable': {
    why: 'half of one execution and half of another prove nothing together',
    bad: 'the plan was edited between the kill and `proofplan resume`',
    good: 'proofplan run plan.md',
  },
  'execute/repeated': {
    why: 'a pass on the third attempt is another fact than a pass: whoever reads the report must see it',
    bad: 'step 3.1 passed on attempt 3',
    good: 'proofplan show .proofplan/latest 3.1',
  },
  'execute/still-running': {
    why: 'two processes that write one record would break it',
    bad: 'proofplan resume .proofplan/latest    (while `proofplan run` still runs)',
    good: 'wait for its end',
  },
  'execute/guard-failed': {
    why: 'without its guard nothing keeps a refused write from taking effect',
    bad: 'the gateway lost its way to the database',
    good: 'proofplan doctor, then execute the plan again',
  },
  'execute/interrupted': {
    why: 'what was not carried out was not shown',
    bad: 'Ctrl-C in the middle of step 3',
    good: 'execute the plan again, and let it end',
  },
  'execute/missing-capture': {
    why: 'an empty value in its place would let every later comparison go wrong silently',
    bad: 'Record: Order ID                     (the command prints `Order: 7`)',
    good: 'Record: Order',
  },
  'execute/missing-input': {
    why: 'a command without its value does something else than the plan says',
    bad: 'proofplan run plan.md                (the plan needs <tenant_id>)',
    good: 'proofplan run plan.md --set tenant_id=acme',
  },
  'execute/no-database': {
    why: 'queries would have no answer, and no answer is not "no rows"',
    bad: 'proofplan run plan.md                (no database in the configuration)',
    good: 'proofplan run plan.md --database embedded',
  },
  'execute/not-isolated': {
    why: 'a command that can see more than was asked for may find another way to the database',
    bad: 'proofplan guard --isolation network --database env:APP_URL -- ./job.sh     (bubblewrap is not installed)',
    good: 'apt-get install bubblewrap',
  },
  'execute/plan-changed': {
    why: 'what would be executed is not what was compiled and checked',
    bad: 'an editor saved plan.md between compiling and opening',
    good: 'proofplan run plan.md                (once more)',
  },
  'execute/planted-file': {
    why: 'a verdict that somebody laid there beforehand is no verdict',
    bad: 'a step that writes verdict.json into its own record',
    good: 'find out which step writes there, and execute the plan again',
  },
  'execute/policy-not-enforced': {
    why: 'a rule that nothing kept may have been broken',
    bad: 'policy: no network access            (nothing here keeps that)',
    good: "policies:\n  - { at: 'No network access.', accept: Ann, reason: air-gapped host }",
  },
  'execute/precondition-not-met': {
    why: 'on a system in another state than the plan is for, neither pass nor failure says anything',
    bad: 'precondition: migrated to head       (the database is at 104)',
    good: 'migrate it, then execute the plan',
  },
  'execute/process-left': { why: 'what it still does happens after it was judged', bad: '```bash\n./import.sh &\n```', good: '```bash\n./import.sh\n```' },
  'execute/query-rejected': {
    why: 'a query that cannot be asked shows nothing; told before the first step, nothing has been changed in vain',
    bad: 'SELECT stauts FROM orders;',
    good: 'SELECT status FROM orders;',
  },
  'execute/statement-rejected': {
    why: 'a statement that was not answered shows nothing, whatever else is claimed of its step',
    bad: 'SELECT 1 / failed AS ratio FROM totals;            (division by zero)',
    good: 'SELECT 1 / nullif(failed, 0) AS ratio FROM totals;',
  },
  'execute/report-failed': {
    why: 'the verdict stands in the journal; a report is only made from it',
    bad: 'the disk was full when report.md was written',
    good: 'proofplan report .proofplan/latest',
  },
  'execute/runner-changed': {
    why: 'a runner that somebody changes in the middle may judge as he likes',
    bad: 'a package manager replaces proofplan while a plan is executed',
    good: 'let it end first, then execute the plan again with the new version',
  },
  'execute/runner-failed': {
    why: 'a runner that failed cannot say that the plan has passed',
    bad: 'any execution that ends with this message',
    good: 'report it with its notes, and execute the plan again',
  },
  'execute/secret-in-plan': {
    why: 'the record keeps both documents byte for byte, so that it stands without them: what is written there is no secret',
    bad: "proofplan run plan.md --set-secret key=hunter2    # the plan says: curl -H 'Authorization: hunter2' …",
    good: "proofplan run plan.md --set-secret key=hunter2    # the plan says: curl -H 'Authorization: <key>' …",
  },
  'execute/secret-too-short': {
    why: 'masking one letter everywhere would make the record unreadable, and would show which letter it is',
    bad: 'proofplan run plan.md --set-secret pin=7',
    good: 'proofplan run plan.md --set pin=7',
  },
  'execute/step-timed-out': {
    why: 'a step that did not end has not shown what it should',
    bad: '```bash\nsleep 3600\n```',
    good: "steps:\n  - { at: 'sleep 3600', timeoutMs: 4000000 }",
  },
  'execute/stored-rows-changed': {
    why: 'rows that were mended after they were written are not what the production path has written',
    bad: 'UPDATE of a chained row between step 2 and the end',
    good: 'find out what changes stored rows, and execute the plan again',
  },
  'execute/stored-rows-contradict': {
    why: 'a command that calls itself a success, and a step inside that failed, cannot both be believed',
    bad: 'runs.status = succeeded, aos_trace_steps.status = failure',
    good: 'let the run end as its steps did',
  },
  'execute/task-not-attested': {
    why: 'what a person was to do may not have been done',
    bad: 'proofplan run plan.md                (task T1 is open)',
    good: 'proofplan run plan.md --attest T1 --by Ann',
  },
  'execute/two-values': {
    why: 'one of the two would win silently, and the record would show a value that somebody did not give',
    bad: '--set region=eu, while the environment provides us',
    good: '--set region=eu, or the environment alone',
  },
  'execute/unasserted-step': {
    why: 'a step of which nothing is expected passes whatever it does',
    bad: '```bash\n./import.sh || true\n```',
    good: '```bash\n./import.sh\n```\n\n**Expected:** stdout contains "imported 12 rows"',
  },
  'execute/unknown-input': {
    why: 'a misspelt name is a value that no step is given',
    bad: 'proofplan run plan.md --set tennant_id=acme',
    good: 'proofplan run plan.md --set tenant_id=acme',
  },
  'execute/variable-not-inherited': {
    why: 'through such a variable another program or library could be put in place of the tested one',
    bad: 'inherit: [LANG, LD_PRELOAD]',
    good: 'inherit: [LANG]',
  },
  'execute/workspace-changed': {
    why: 'source that changes in the middle is not what the earlier steps have tested',
    bad: 'a step that edits src/order.py',
    good: 'let what is no source be ignored by version control, or write elsewhere',
  },
  'execute/wrong-input-type': {
    why: 'a value of another type compares otherwise, or is refused only after something was changed',
    bad: '--set tenant_id=acme                 (declared as uuid)',
    good: '--set tenant_id=6f1c0e52-1b7e-4f0e-9a63-2d1d9b1f0c11',
  },
} as const satisfies Readonly<Record<string, CodeReason>>;
