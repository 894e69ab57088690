/** What the tests of engines share: a workspace with its evidence folder, steps with defaults, and sinks. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { OutputSink } from '../../src/engine/output-flow.ts';
import type { EngineContext } from '../../src/model/contract.ts';
import { createRedactor } from '../../src/model/redaction.ts';
import type { Span } from '../../src/model/span.ts';
import type { Capture, CaptureSource, CoordinatorCallStep, RgCheckStep, ShellStep, SqlAssertStep } from '../../src/model/step.ts';
import type { Binding, ValueType } from '../../src/model/value.ts';

const span: Span = { path: 'plan.md', start: { offset: 0, line: 1, column: 1 }, end: { offset: 1, line: 1, column: 2 } };

/** An empty folder, removed when the test ends. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-engine-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ContextOptions extends Partial<Omit<EngineContext, 'redactor' | 'bindings'>> {
  readonly secrets?: readonly string[];
  readonly values?: Readonly<Record<string, string | null>>;
}

export function makeContext(options: ContextOptions = {}): EngineContext {
  const { secrets = [], values = {}, ...rest } = options;
  const binding = (name: string, text: string | null): [string, Binding] => [
    name,
    { name, value: { type: 'text', text }, origin: { kind: 'input', source: '--set' } },
  ];
  return {
    workspace: makeFolder(),
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    bindings: new Map(Object.entries(values).map(([name, text]) => binding(name, text))),
    evidenceFolder: join(makeFolder(), 'evidence'),
    temporaryFolder: makeFolder(),
    redactor: createRedactor(secrets),
    signal: new AbortController().signal,
    ...rest,
  };
}

const base = {
  id: '2.1',
  title: 'a step',
  section: '2',
  text: '',
  span,
  access: { capability: 'none', writes: [] },
  captures: [],
  expectations: [],
  timeoutMs: 30_000,
  role: 'step',
  once: false,
} as const;

export function shellStep(command: string, more: Partial<ShellStep> = {}): ShellStep {
  return { ...base, kind: 'shell', text: command, command, splices: [], workingDirectory: '.', environment: {}, ...more };
}

export function coordinatorStep(command: string, fields: readonly string[], more: Partial<CoordinatorCallStep> = {}): CoordinatorCallStep {
  return { ...base, kind: 'coordinator-call', text: command, command, splices: [], workingDirectory: '.', environment: {}, fields, ...more };
}

export function sqlStep(sql: string, more: Partial<SqlAssertStep> = {}): SqlAssertStep {
  return { ...base, kind: 'sql-assert', text: sql, sql, splices: [], parameters: [], columns: [], mode: 'read', ...more };
}

export function rgStep(rgArguments: readonly string[], patterns: readonly string[], paths: readonly string[], more: Partial<RgCheckStep> = {}): RgCheckStep {
  return { ...base, kind: 'rg-check', text: '', arguments: rgArguments, patterns, paths, fixedStrings: false, ...more };
}

export function capture(name: string, type: ValueType, source: CaptureSource): Capture {
  return { name, type, span, optional: false, source };
}

/** The kept bytes of an output. */
export function readEvidence(context: EngineContext, sha256: string): Buffer {
  return readFileSync(join(context.evidenceFolder, 'sha256', sha256));
}

/** A sink that keeps everything. */
export function keepingSink(): OutputSink & { readonly text: () => string } {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => {
      chunks.push(chunk);
      return Promise.resolve(undefined);
    },
    text: () => Buffer.concat(chunks).toString(),
  };
}

/** Command lines of living processes that hold this text. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(text) ? [`${entry} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

let sleeps = 0;

/** A number of seconds that no other test sleeps, so that a sleeping process can be found by its command line. */
export function uniqueSeconds(): string {
  sleeps += 1;
  return `${100_000 + (process.pid % 100_000)}.${process.hrtime.bigint() % 1_000_000_000n}${sleeps}`;
}
