/** What the commands of `audit` have in common: their folder, expectations of the right form, and words for a signature. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { AuditSignature } from '../review/audit-file.ts';
import { plainLine, plainLines } from '../review/plain-text.ts';

export const folderArgument = ['<dir>', "an execution's folder, or the output folder for its newest"] as const;

interface ExpectationOptions {
  readonly expectRoot?: string;
  readonly expectSet?: string;
  readonly expectPlan?: string;
  readonly expectExecution?: string;
  readonly expectPolicy?: readonly string[];
  readonly vkey?: string;
}

/** What is written wrong would never be met, and must not look like a finding about the record. */
export async function misusedExpectations({
  expectRoot,
  expectSet,
  expectPlan,
  expectExecution,
  expectPolicy = [],
  vkey,
}: ExpectationOptions): Promise<readonly Diagnostic[]> {
  const { expectationProblem } = await import('../review/audit-expectation.ts');
  const given = [
    ['--expect-root', 'digest', expectRoot],
    ['--expect-set', 'digest', expectSet],
    ['--expect-plan', 'digest', expectPlan],
    ['--expect-execution', 'execution', expectExecution],
    ...expectPolicy.map((policy) => ['--expect-policy', 'policy', policy] as const),
    ['--vkey', 'verifier key', vkey],
  ] as const;
  return given.flatMap(([option, form, text]) => {
    const help = text === undefined ? undefined : expectationProblem(form, text);
    return help === undefined ? [] : [{ severity: 'error', code: 'cli/usage', message: `\`${option}\` cannot be \`${text}\``, help } as const];
  });
}

export function renderSignature(signature: AuditSignature | undefined): string {
  const names = signature === undefined || signature.kind === 'none' ? '' : signature.names.map((name) => `\`${plainLine(name)}\``).join(', ');
  switch (signature?.kind) {
    case 'verified':
      return `the checkpoint is signed by ${names}`;
    case 'unverified':
      return `the checkpoint says that it is signed by ${names}, which was not verified: pass --vkey`;
    default:
      return 'the checkpoint is not signed: that nobody wrote the whole record anew is shown only by the root that the AUDIT line said (--expect-root)';
  }
}

/** A text made of a record, which anybody may have written: nothing in it steers a terminal. */
export function shown(text: string): string {
  return `${plainLines(text).join('\n')}\n`;
}
