/**
 * What a person has reviewed, as digests: the document, its addendum, and what this program reads in them. A changed reading of
 * unchanged files (another version of this program, another baseline of the project) is caught like an edit.
 */
import { renderCanonicalJson } from '../journal/canonical-json.ts';
import type { Plan } from '../model/plan.ts';
import { readingOf, readingVersion } from '../model/reading.ts';

/** The shape of a lock (schema `schemas/lock.schema.json`). Digests are SHA-256 in lower hex. */
export interface Lock {
  readonly schemaVersion: 1;
  readonly plan: { readonly file: string; readonly sha256: string };
  readonly addendum: { readonly file: string; readonly sha256: string } | null;
  /** `version` is the format of what is digested: another one says nothing about this digest. */
  readonly reading: { readonly version: number; readonly sha256: string };
  readonly counts: Readonly<Record<string, number>>;
  /** Who wrote it; never compared. */
  readonly tool: string;
}

export interface LockOptions {
  /** SHA-256 of a text in UTF-8, lower hex. */
  readonly sha256: (text: string) => string;
  /** Names and release of this program. */
  readonly tool: string;
}

/**
 * The lock of a plan that was compiled without values from outside and with a database assumed, so that it does not depend on
 * where and how a command was started. Files are named without folders: a lock moves with its plan.
 */
export function lockOf(plan: Plan, { sha256, tool }: LockOptions): Lock {
  return {
    schemaVersion: 1,
    plan: { file: fileName(plan.path), sha256: plan.sha256 },
    addendum: plan.addendum === undefined ? null : { file: fileName(plan.addendum.path), sha256: plan.addendum.sha256 },
    reading: { version: readingVersion, sha256: digestReading(plan, sha256) },
    counts: countParts(plan),
    tool,
  };
}

/** The same digest as `readingSha256` in a verdict. No place is in it: a paragraph that moved changes nothing. */
function digestReading(plan: Plan, sha256: (text: string) => string): string {
  return sha256(renderCanonicalJson(readingOf(plan)));
}

/** JSON with the keys in one order and a last line feed. */
export function renderLock(lock: Lock): string {
  const { schemaVersion, plan, addendum, reading, counts, tool } = lock;
  return `${JSON.stringify({ schemaVersion, plan, addendum, reading, counts, tool }, undefined, 2)}\n`;
}

/** How a lock and a plan as it is now differ, in the order in which a reader asks; empty: they do not. */
export function lockDifferences(lock: Lock, now: Lock): readonly string[] {
  if (lock.plan.file !== now.plan.file) return [`the lock is of \`${lock.plan.file}\``];
  const document = lock.plan.sha256 !== now.plan.sha256;
  const addendum = addendumDifference(lock.addendum, now.addendum);
  if (lock.reading.version !== now.reading.version) {
    return [
      `the lock digests readings in format ${lock.reading.version}, and this program in format ${now.reading.version}`,
      ...(document ? ['the document was edited'] : []),
      ...addendum,
    ];
  }
  const reading = lock.reading.sha256 !== now.reading.sha256;
  const edited = document || addendum.length > 0;
  return [
    ...(document ? ['the document was edited'] : []),
    ...addendum,
    ...(reading ? [edited ? 'it is read differently' : `the files are the same and are read differently: ${otherReader(lock.tool, now.tool)}`] : []),
    ...(reading ? countDifferences(lock.counts, now.counts) : []),
    ...(edited && !reading ? ['the reading is the same'] : []),
  ];
}

/** What reads beside the files: this program, and the project's configuration. */
function otherReader(locked: string, now: string): string {
  return locked === now ? 'the configuration has other `policies`, or lets steps inherit other variables' : `locked by ${locked}, read by ${now}`;
}

function addendumDifference(old: Lock['addendum'], now: Lock['addendum']): readonly string[] {
  if (old?.sha256 === now?.sha256 && old?.file === now?.file) return [];
  if (old === null) return ['an addendum was added'];
  return [now === null ? 'the addendum was removed' : 'the addendum was edited'];
}

function countDifferences(old: Lock['counts'], now: Lock['counts']): readonly string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((key) => old[key] !== now[key])
    .map((key) => `${key}: ${old[key] ?? 0} when it was locked, ${now[key] ?? 0} now`);
}

/** What the plan holds, for people: a lock's change shows in a review what kind of change it is. */
function countParts(plan: Plan): Lock['counts'] {
  return {
    steps: plan.steps.length,
    expectations: plan.steps.flatMap((step) => step.expectations).length,
    captures: plan.steps.flatMap((step) => step.captures).length,
    policies: plan.policies.length,
    criteria: plan.criteria.length,
    preconditions: plan.preconditions.length,
    tasks: plan.tasks.length,
    inputs: plan.inputs.length,
    reportFields: plan.report.length,
  };
}

function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
