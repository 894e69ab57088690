/** What a test of the run-proof backend holds an execution against. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { validate } from '../../src/compile/generated/verdict-validator.js';
import { type Ended, proofplan } from './run-proof.ts';

export const withStep = (text: string, fence: string): string =>
  text.replace('## 5. Coordinator Tests', () => `## 4b. Another look\n\n${fence}\n\n## 5. Coordinator Tests`);

export const outcomes = (ended: Ended): Readonly<Record<string, string>> =>
  Object.fromEntries((ended.verdict?.steps ?? []).map((step) => [step.id, step.outcome]));

/** verdict.json keeps to its schema, however the execution ended. */
export function expectSchema(ended: Ended): void {
  expect(validate(ended.verdict), JSON.stringify(validate.errors, undefined, 2)).toBe(true);
}

/** The journal of every execution verifies, also of those that failed, by both verifiers. */
export function expectVerified(ended: Ended): void {
  expectSchema(ended);
  const verified = spawnSync(process.execPath, [proofplan, 'audit', 'verify', ended.folder], { encoding: 'utf8' });
  expect(verified.status, verified.stdout + verified.stderr).toBe(0);
  const second = spawnSync('python3', [resolve(import.meta.dirname, '../../tools/verify.py'), ended.folder], { encoding: 'utf8' });
  expect(second.status, second.stdout + second.stderr).toBe(0);
}

export function expectNoPass(ended: Ended, ...exitCodes: readonly number[]): void {
  expect(exitCodes, `${ended.stdout}\n${ended.stderr}`).toContain(ended.exitCode);
  expect(ended.verdict?.verdict).not.toBe('passed');
  expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/^\s*passed\b/im);
}
