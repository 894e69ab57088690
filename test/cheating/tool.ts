/** The runner's own record and its surroundings. */
import { copyFileSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { swap, type Act, type Edit } from './act.ts';
import { forgeLedger, forgeRecord } from './forge-record.ts';
import type { Ground } from './ground.ts';
import { executing, printedRoot, tampering } from './play-act.ts';

const journal = 'journal edited, cut, replaced, re-chained';
const deleted = 'the failed executions deleted';
const report = 'report edited after the fact';
const clock = 'clock set back';

const editText = (path: string, change: Edit): void => writeFileSync(path, change(readFileSync(path, 'utf8')));
const journalOf = (folder: string): string => join(folder, 'journal.jsonl');
/** What failed is said to have passed. */
const allPassed: Edit = (line) => line.replaceAll(/("verdict": ?)"failed"/g, '$1"passed"').replaceAll(/("exitCode": ?)1\b/g, '$10');

const after = { by: 'afterwards', scene: 'v4, section 5', exitCode: 1, verdict: 'none', kept: 'detected', layer: '`audit verify`' } as const;
const meanwhile = {
  by: 'accomplice',
  scene: 'v4, section 5, paused',
  exitCode: 5,
  verdict: 'none',
  kept: 'detected',
  layer: 'the journal on the disk is compared with what was written',
} as const;

export const tool: readonly Act[] = [
  {
    id: 'journal-edited',
    quote: journal,
    done: 'one digit of the journal is changed',
    ...after,
    play: tampering((folder) => editText(journalOf(folder), swap('"exitCode":1', '"exitCode":0')), undefined, 'failed'),
    names: ['error[review/chain-broken]'],
  },
  {
    id: 'journal-last-line-edited',
    quote: journal,
    done: 'the last line of the journal, which no other line binds, says passed',
    ...after,
    play: tampering(
      (folder) =>
        editText(journalOf(folder), swap(/"verdict":"failed"(?=[^\n]*"kind":"closed")|(?<="data":\{)"verdict":"failed"(?=\}[^\n]*\n$)/, '"verdict":"passed"')),
      undefined,
      'failed',
    ),
    names: ['error[review/checkpoint-mismatch]'],
  },
  {
    id: 'journal-cut',
    quote: journal,
    done: 'the journal is cut after its first half, at the end of a line',
    ...after,
    play: tampering((folder) => {
      const lines = readFileSync(journalOf(folder), 'utf8').split('\n');
      truncateSync(journalOf(folder), Buffer.byteLength(lines.slice(0, lines.length >> 1).join('\n')) + 1);
    }),
    names: ['error[review/not-closed]'],
  },
  {
    id: 'journal-replaced',
    quote: journal,
    done: 'the journal of the execution that failed is replaced by that of the one that passed',
    ...after,
    play: tampering(
      (folder, ground) => copyFileSync(journalOf(folder), journalOf(otherExecution(ground, folder))),
      (folder, ground) => ['audit', 'verify', otherExecution(ground, folder)],
      'failed, then passed',
    ),
    names: ['error[review/wrong-execution]'],
  },
  {
    id: 'journal-rechained',
    quote: journal,
    done: 'the failed execution is rewritten to a passed one: each link, the root, the checkpoint and `verdict.json` fit',
    ...after,
    play: tampering((folder) => forgeRecord(folder, allPassed), undefined, 'failed'),
    names: ['error[review/ledger-differs]', 'verdict is failed in the ledger, and passed in the journal'],
    layer: '`audit verify`: the ledger knows better',
  },
  {
    id: 'journal-and-ledger-rechained',
    quote: journal,
    done: 'the ledger is rewritten too; the root that the execution printed was kept elsewhere',
    ...after,
    play: tampering(
      (folder, ground) => forgeLedger(ground.path('out/ledger.jsonl'), forgeRecord(folder, allPassed), allPassed),
      (folder, ground) => ['audit', 'verify', folder, '--expect-root', printedRoot(ground)],
      'failed',
    ),
    names: ['error[review/unexpected-root]'],
    layer: '`audit verify --expect-root`: the AUDIT line is the outside witness',
  },
  {
    id: 'journal-edited-meanwhile',
    quote: journal,
    done: 'the journal is edited while it is written',
    ...meanwhile,
    play: executing({ meanwhile: (_, folder) => editText(journalOf(folder), swap('"attempt":1', '"attempt":2')) }),
    names: ['error[journal/disturbed]'],
  },
  {
    id: 'journal-deleted-meanwhile',
    soak: 'as another',
    quote: journal,
    done: 'the journal is deleted while it is written',
    ...meanwhile,
    play: executing({ meanwhile: (_, folder) => rmSync(journalOf(folder)) }),
    names: ['error[journal/disturbed]'],
  },
  {
    id: 'journal-replaced-meanwhile',
    soak: 'as another',
    quote: journal,
    done: 'the journal is replaced by a copy of itself while it is written',
    ...meanwhile,
    play: executing({
      meanwhile: (ground, folder) => {
        copyFileSync(journalOf(folder), ground.path('plans/copy'));
        renameSync(ground.path('plans/copy'), journalOf(folder));
      },
    }),
    names: ['error[journal/disturbed]'],
  },
  {
    id: 'failed-executions-deleted',
    quote: deleted,
    done: 'the folder of the execution that failed is deleted',
    ...after,
    play: tampering((folder, ground) => rmSync(otherExecution(ground, folder), { recursive: true }), undefined, 'failed, then passed'),
    names: ['error[review/attempt-missing]', 'attempt 1 of 2'],
    layer: 'ledger',
  },
  {
    id: 'failed-executions-struck-out',
    quote: deleted,
    done: 'the folder is deleted, and its lines are taken out of the ledger',
    ...after,
    play: tampering(
      (folder, ground) => {
        rmSync(otherExecution(ground, folder), { recursive: true });
        editText(ground.path('out/ledger.jsonl'), (text) => text.split('\n').slice(2).join('\n'));
      },
      undefined,
      'failed, then passed',
    ),
    names: ['error[review/ledger-broken]'],
    layer: 'ledger',
  },
  {
    id: 'report-edited',
    quote: report,
    done: '`report.md` says passed where it said failed',
    ...after,
    play: tampering((folder) => editText(join(folder, 'report.md'), (text) => text.replaceAll('failed', 'passed')), undefined, 'failed'),
    names: ['error[review/file-changed]', 'report.md'],
  },
  {
    id: 'verdict-edited',
    quote: report,
    done: '`verdict.json` says passed where it said failed',
    ...after,
    play: tampering((folder) => editText(join(folder, 'verdict.json'), allPassed), undefined, 'failed'),
    names: ['error[review/file-changed]', 'verdict.json'],
  },
  {
    id: 'evidence-edited',
    quote: report,
    done: 'the output of the tests is changed where it is kept',
    ...after,
    play: tampering(
      (folder) => {
        const evidence = join(folder, 'evidence/sha256');
        for (const name of readdirSync(evidence)) editText(join(evidence, name), (text) => text.replace(/\d+ failed, /, ''));
      },
      undefined,
      'failed',
    ),
    names: ['error[review/evidence-changed]'],
  },
  {
    id: 'clock-set-back-afterwards',
    quote: clock,
    done: 'the times of the record are set back by a day, and every link fits',
    ...after,
    play: tampering((folder) => forgeRecord(folder, (line) => line.replaceAll(/"ts":"(\d{4})-/g, '"ts":"2020-'))),
    names: ['error[review/ledger-differs]'],
    layer: '`audit verify`: the ledger knows better',
  },
  {
    id: 'clock-set-back-meanwhile',
    quote: clock,
    done: "the runner's clock goes back by a day in the middle of the execution",
    by: 'accomplice',
    scene: 'v4, section 5, paused',
    play: executing({
      before: (ground) =>
        ground.editFile(
          'planted/clock.mjs',
          [
            'import { existsSync } from "node:fs";',
            'const now = Date.now;',
            `const back = () => (existsSync(${JSON.stringify(ground.path('planted/back'))}) ? 86_400_000 : 0);`,
            'Date.now = () => now() - back();',
            '',
          ].join('\n'),
        ),
      variables: (ground) => ({ NODE_OPTIONS: `--import ${ground.path('planted/clock.mjs')}` }),
      meanwhile: (ground) => ground.editFile('planted/back', ''),
    }),
    exitCode: 5,
    verdict: 'error',
    names: ['error[execute/clock-set-back]', "the machine's clock was set back"],
    kept: 'detected',
    layer: 'the time of each entry is compared with the one before',
  },
];

/** The execution that is not the newest. */
function otherExecution(ground: Ground, newest: string): string {
  const folder = ground.path('out/executions');
  const other = readdirSync(folder).find((name) => !newest.endsWith(name));
  if (other === undefined) throw new Error('there is no other execution');
  return join(folder, other);
}
