/** The faults of the random executions, as a table: what is done, when, and whether an execution that saw it may pass. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../execute/run-sample.ts';
import type { Chance } from './seeded.ts';

export interface FaultGround {
  readonly sample: Sample;
  /** The folder of the execution that runs. */
  readonly folder: string;
  readonly interrupt: (signal: 'SIGINT' | 'SIGTERM') => void;
  readonly chance: Chance;
  /** Process ids of the server's sessions. */
  readonly backends: readonly number[];
}

export interface RandomFault {
  readonly name: string;
  /** Done in the middle, at one event. Answers whether it found what it disturbs. */
  readonly act: (ground: FaultGround) => boolean;
  /**
   * `always`: no execution that it met before its verdict passes. `record`: an execution may pass, when its record is whole all the
   * same (something of no use was disturbed).
   */
  readonly noticed: 'always' | 'record';
}

const journal = ({ folder }: FaultGround): string => join(folder, 'journal.jsonl');
const ledger = ({ sample }: FaultGround): string => join(sample.out, 'ledger.jsonl');

/** Some file of evidence, by chance. */
function someEvidence({ folder, chance }: FaultGround): string | undefined {
  const evidence = join(folder, 'evidence/sha256');
  const names = existsSync(evidence) ? readdirSync(evidence).filter((name) => !name.startsWith('.')) : [];
  return names.length === 0 ? undefined : join(evidence, chance.pick(names.toSorted()));
}

function flipAnywhere(path: string, chance: Chance): boolean {
  if (!existsSync(path)) return false;
  const bytes = readFileSync(path);
  if (bytes.length === 0) return false;
  const at = chance.below(bytes.length);
  bytes[at] = (bytes[at] as number) ^ (1 << chance.below(7));
  writeFileSync(path, bytes);
  return true;
}

function done(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

export const randomFaults: readonly RandomFault[] = [
  { name: 'journal deleted', noticed: 'always', act: (ground) => done(() => unlinkSync(journal(ground))) },
  {
    name: 'journal cut',
    noticed: 'always',
    act: (ground) => done(() => truncateSync(journal(ground), ground.chance.below(readFileSync(journal(ground)).length))),
  },
  { name: 'journal edited', noticed: 'always', act: (ground) => flipAnywhere(journal(ground), ground.chance) },
  { name: 'journal grown', noticed: 'always', act: (ground) => done(() => appendFileSync(journal(ground), '{"kind":"verdict"}\n')) },
  {
    name: 'journal replaced',
    noticed: 'always',
    act: (ground) =>
      done(() => {
        const bytes = readFileSync(journal(ground));
        unlinkSync(journal(ground));
        writeFileSync(journal(ground), bytes);
      }),
  },
  { name: 'ledger removed', noticed: 'always', act: (ground) => done(() => unlinkSync(ledger(ground))) },
  { name: 'ledger edited', noticed: 'always', act: (ground) => flipAnywhere(ledger(ground), ground.chance) },
  {
    name: 'ledger cut',
    noticed: 'always',
    act: (ground) => done(() => truncateSync(ledger(ground), ground.chance.below(readFileSync(ledger(ground)).length))),
  },
  {
    name: 'evidence edited',
    noticed: 'record',
    act: (ground) => {
      const path = someEvidence(ground);
      return path !== undefined && done(() => appendFileSync(path, 'x'));
    },
  },
  {
    name: 'evidence removed',
    noticed: 'record',
    act: (ground) => {
      const path = someEvidence(ground);
      return path !== undefined && done(() => unlinkSync(path));
    },
  },
  { name: 'folder of the execution removed', noticed: 'always', act: ({ folder }) => done(() => rmSync(folder, { recursive: true })) },
  { name: 'folder of the execution moved', noticed: 'always', act: ({ folder }) => done(() => renameSync(folder, `${folder}-moved`)) },
  { name: 'output folder removed', noticed: 'always', act: ({ sample }) => done(() => rmSync(sample.out, { recursive: true })) },
  {
    name: 'verdict planted',
    noticed: 'always',
    act: ({ folder }) => done(() => writeFileSync(join(folder, 'verdict.json'), '{"verdict":"passed","exitCode":0}', { flag: 'wx' })),
  },
  { name: 'report planted', noticed: 'always', act: ({ folder }) => done(() => writeFileSync(join(folder, 'report.md'), '> **passed**\n', { flag: 'wx' })) },
  { name: 'checkpoint planted', noticed: 'always', act: ({ folder }) => done(() => writeFileSync(join(folder, 'checkpoint'), 'x\n', { flag: 'wx' })) },
  {
    name: 'latest turned',
    noticed: 'record',
    act: ({ sample }) =>
      done(() => {
        const forged = join(sample.out, 'executions', '2020-01-01T00-00-00Z-aaaaaa');
        mkdirSync(forged, { recursive: true });
        rmSync(join(sample.out, 'latest'));
        symlinkSync(join('executions', '2020-01-01T00-00-00Z-aaaaaa'), join(sample.out, 'latest'));
      }),
  },
  { name: 'plan edited', noticed: 'always', act: ({ sample }) => done(() => appendFileSync(join(sample.workspace, 'sample.md'), '\n')) },
  { name: 'plan removed', noticed: 'always', act: ({ sample }) => done(() => unlinkSync(join(sample.workspace, 'sample.md'))) },
  { name: 'addendum made', noticed: 'always', act: ({ sample }) => done(() => writeFileSync(join(sample.workspace, 'sample.addendum.yaml'), '')) },
  { name: 'configuration edited', noticed: 'always', act: ({ sample }) => done(() => appendFileSync(join(sample.workspace, 'proofplan.config.yaml'), '#\n')) },
  { name: 'gateway cut', noticed: 'record', act: ({ backends }) => backends.filter((pid) => done(() => process.kill(pid, 'SIGTERM'))).length > 0 },
  // The server ends all sessions with it, and begins anew.
  { name: 'server crashed', noticed: 'record', act: ({ backends }) => backends.slice(0, 1).some((pid) => done(() => process.kill(pid, 'SIGKILL'))) },
  { name: 'interrupted', noticed: 'always', act: ({ interrupt, chance }) => done(() => interrupt(chance.pick(['SIGINT', 'SIGTERM']))) },
];
