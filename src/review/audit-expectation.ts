/** What an auditor may demand of a record beyond its being whole: this plan, this root, this execution, these policies. */
import { digestCanonicalJson } from '../journal/canonical-json.ts';
import { executionNamePattern, isRecord } from '../journal/journal-line.ts';
import { parseVerifierKey } from '../journal/signed-note.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { PolicyKind, Strength } from '../model/policy.ts';
import type { AuditFinding } from './audit-finding.ts';
import type { JournalAudit } from './audit-journal.ts';
import { bestStrength } from './expected-strength.ts';

export interface AuditExpectation {
  /** SHA-256 of the plan document, in hex. */
  readonly expectPlan?: string;
  /** The root that the execution printed (`AUDIT root=…`), in hex. */
  readonly expectRoot?: string;
  /** The execution's id; without it, the folder's name where it has the form of one. */
  readonly expectExecution?: string;
  /** Each a kind (`no-manual-writes`), a sentence of the plan, or the digest of all declared policies (`audit show` prints it). */
  readonly expectPolicies?: readonly string[];
  /** The key that must have signed the checkpoint (`name+hash+base64`). */
  readonly verifierKey?: string;
}

type ExpectationForm = 'digest' | 'execution' | 'policy' | 'verifier key';

const digestPattern = /^[0-9a-f]{64}$/i;
const kinds = Object.keys(bestStrength);

/** What is wrong with an expectation as it was written, in a sentence; undefined when it is one. An expectation of the wrong form would never be met. */
export function expectationProblem(form: ExpectationForm, text: string): string | undefined {
  switch (form) {
    case 'digest':
      return digestPattern.test(text) ? undefined : 'write a SHA-256: 64 hexadecimal digits';
    case 'execution':
      return executionNamePattern.test(text) ? undefined : 'write the id of an execution, such as 2026-02-09T12-00-00Z-abcdef';
    case 'verifier key':
      return parseVerifierKey(text) ? undefined : 'write a verifier key of Ed25519 as `proofplan key show` prints it: name+hash+base64';
    case 'policy': {
      if (digestPattern.test(text) || isKind(text) || /\S\s+\S/.test(text)) return undefined;
      const near = nearestName(text, kinds);
      return near === undefined
        ? `write a kind (${kinds.join(', ')}), a whole sentence of the plan, or the SHA-256 of all policies`
        : `did you mean \`${near}\`?`;
    }
  }
}

/** The digest of what was declared: rules and scopes, whatever their order, wording and place in the text. */
export function digestPolicies(declared: readonly { readonly rule?: unknown; readonly scope?: unknown }[]): string {
  const rules = declared.map(({ rule, scope }) => ({ rule: rule ?? null, scope: scope ?? null }));
  return digestCanonicalJson([...new Set(rules.map(digestCanonicalJson))].sort());
}

/** Findings for what is not as it was expected. The checkpoint's signature is judged where the checkpoint is. */
export function compareExpectation(journal: JournalAudit, expectation: AuditExpectation): readonly AuditFinding[] {
  const file = executionFiles.journal;
  const findings: AuditFinding[] = [];
  const recorded = journal.opened?.data['plan'];
  const plan = isRecord(recorded) ? recorded['sha256'] : undefined;
  if (expectation.expectPlan !== undefined && expectation.expectPlan.toLowerCase() !== plan)
    findings.push({ code: 'review/unexpected-plan', message: `the plan that was executed has digest ${String(plan)}, not ${expectation.expectPlan}`, file });
  if (expectation.expectRoot !== undefined && expectation.expectRoot.toLowerCase() !== journal.state.root)
    findings.push({ code: 'review/unexpected-root', message: `the journal has root ${journal.state.root}, not ${expectation.expectRoot}`, file });
  if (expectation.expectExecution !== undefined && expectation.expectExecution !== journal.execution)
    findings.push({
      code: 'review/unexpected-execution',
      message: `the journal is of \`${journal.execution}\`, not of \`${expectation.expectExecution}\``,
      file,
    });
  for (const policy of expectation.expectPolicies ?? []) {
    const message = policyProblem(policy, journal);
    if (message !== undefined) findings.push({ code: 'review/unexpected-policy', message, file });
  }
  return findings;
}

function policyProblem(expected: string, { declared, enforced }: JournalAudit): string | undefined {
  if (digestPattern.test(expected)) {
    const digest = digestPolicies(declared);
    if (expected.toLowerCase() !== digest) return `the policies that were declared have digest ${digest}, not ${expected}`;
    // What its author accepted as kept by nobody is fixed by the digest, too.
    return firstProblem(
      declared.filter((policy) => kindOf(policy) !== 'accepted'),
      enforced,
    );
  }
  const meant = declared.filter((policy) => (isKind(expected) ? kindOf(policy) === expected : fold(String(policy['text'])) === fold(expected)));
  if (meant.length === 0)
    return `no policy \`${expected}\` was declared; there are: ${declared.map((policy) => `${kindOf(policy)} (${String(policy['text'])})`).join(', ') || 'none'}`;
  return firstProblem(meant, enforced);
}

type Data = Readonly<Record<string, unknown>>;

/** Each must have been enforced as strongly as a guard can: prevented, or detected; attested only where no guard does more for its kind. */
function firstProblem(policies: readonly Data[], enforced: readonly Data[]): string | undefined {
  for (const policy of policies) {
    const kind = kindOf(policy);
    const name = `policy ${String(policy['id'])} (${kind}: ${String(policy['text'])})`;
    const rows = enforced.filter((row) => row['id'] === policy['id']);
    if (rows.length === 0) return `${name} was declared, and the journal does not say how it was enforced`;
    const weak = rows.find((row) => !isEnough(String(row['strength']), isKind(kind) ? bestStrength[kind] : 'PREVENTED'));
    if (weak) return `${name} was not enforced: ${String(weak['strength'])} by ${String(weak['by'])}`;
  }
  return undefined;
}

function isEnough(strength: string, best: Strength): boolean {
  return strength === 'PREVENTED' || strength === 'DETECTED' || (strength === best && best === 'ATTESTED');
}

function kindOf(policy: Data): string {
  const { rule } = policy;
  return isRecord(rule) ? String(rule['kind']) : '';
}

function isKind(text: string): text is PolicyKind {
  return Object.hasOwn(bestStrength, text);
}

/** White space, capitals and a full stop make no other sentence. */
function fold(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '').toLowerCase();
}
