/** Compiles texts for tests. One parser for a file; it is closed when its tests have ended. */
import { createHash } from 'node:crypto';
import { afterAll } from 'vitest';
import { compilePlan, type CompiledPlan, type CompileOptions } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

export type CompileText = (path: string, text: string | Uint8Array, options?: Partial<CompileOptions> & { readonly beside?: string }) => Promise<CompiledPlan>;

export function createCompiler(): CompileText {
  const parser = createSqlParser();
  afterAll(() => parser.close());
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? new TextEncoder().encode(text) : text);
  return (path, text, { beside, ...options } = {}) => {
    const addendum = beside === undefined ? {} : { addendum: { path: path.replace(/\.\w+$/, '.addendum.yaml'), bytes: bytesOf(beside) } };
    return compilePlan({ path, bytes: bytesOf(text), hasDatabase: true, parser, sha256, ...addendum, ...options });
  };
}

/** `3:5 error compile/unknown-key: unknown key …` */
export function said({ diagnostics }: CompiledPlan): readonly string[] {
  return diagnostics.map(({ severity, code, message, span }) => `${span?.start.line}:${span?.start.column} ${severity} ${code}: ${message}`);
}
