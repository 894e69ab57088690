import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JournalFileSystem } from '../../src/journal/append-only-file.ts';
import { JournalFailure } from '../../src/journal/journal-failure.ts';
import { openJournal, type Journal, type JournalOptions } from '../../src/journal/journal-writer.ts';

export const execution = '2026-02-09T12-00-00Z-abcdef';

/** A temporary folder of the running test, removed after it. */
export function scratch(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'proofplan-journal-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that moves on by a millisecond at each look. */
export function steadyClock(startMs = Date.UTC(2026, 1, 9, 12)): () => number {
  let now = startMs;
  return () => now++;
}

export function open(folder: string, options: Partial<JournalOptions> = {}): Promise<Journal> {
  return openJournal({ folder, execution, clock: steadyClock(), ...options });
}

/** `node:fs` with some of its functions replaced. */
export function faulty(faults: Partial<Record<keyof JournalFileSystem, unknown>>): JournalFileSystem {
  return { ...fs, ...faults } as JournalFileSystem;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function throwing(code: string): () => never {
  return () => {
    throw systemError(code);
  };
}

/** The failure that a promise of a journal rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<JournalFailure> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof JournalFailure) return outcome;
  throw new Error(`no JournalFailure but ${String(outcome)}`);
}
