/** Entries of an addendum that say what must be shown, and what establishes it. */
import type { PolicyKind } from '../model/policy.ts';
import { placedItems, quoting } from './addendum-entry.ts';
import type {
  AddendumCriterion,
  AddendumExpectation,
  AddendumPolicy,
  AddendumPolicyBinding,
  AddendumReportField,
  AddendumReportSource,
  AddendumTask,
  AddendumVerification,
  AddendumWitness,
} from './addendum-shape.ts';
import { claimAt } from './yaml-claim.ts';
import { booleanAt, given, itemsAt, numberAt, placed, placedAt, textAt, type YamlPart } from './yaml-part.ts';

type BoundRule = Extract<AddendumPolicyBinding, { readonly kind: 'rule' }>['rule'];

export function compileExpectation(part: YamlPart): AddendumExpectation {
  const step = part.get('step');
  return { ...quoting(part), expect: placedItems(part, 'expect'), ...given({ step: step && placed(step) }) };
}

export function compilePolicy(part: YamlPart): AddendumPolicy {
  const rule = part.get('rule');
  const binding: AddendumPolicyBinding =
    rule === undefined ? { kind: 'accept', by: textAt(part, 'accept'), reason: textAt(part, 'reason') } : { kind: 'rule', rule: compilePolicyRule(rule) };
  return { ...quoting(part), binding };
}

function compilePolicyRule(part: YamlPart): BoundRule {
  const kind = textAt(part, 'kind') as Exclude<PolicyKind, 'accepted'>;
  const texts = (key: string): readonly string[] => itemsAt(part, key).map((item) => item.text);
  switch (kind) {
    case 'no-manual-writes':
      return { kind, tables: texts('tables'), ...given({ writer: part.get('writer')?.text }) };
    case 'no-sqlite-fallback':
      return { kind, identifiers: texts('identifiers'), files: texts('files') };
    case 'stop-on-failure':
      return { kind, evidence: booleanAt(part, 'evidence') ?? true };
    case 'order':
      return { kind, before: textAt(part, 'before'), after: textAt(part, 'after') };
    case 'fresh-evidence':
      return { kind, names: texts('names') };
    case 'attempt-limit':
      return { kind, attempts: numberAt(part, 'attempts') ?? 1 };
    case 'no-network':
      return { kind, permit: texts('permit') };
    case 'forbidden-target':
      return { kind, names: texts('names') };
    case 'forbidden-command':
      return { kind, commands: texts('commands') };
    case 'isolation':
      return { kind, level: textAt(part, 'level') === 'network' ? 'network' : 'process' };
    case 'read-only':
    case 'no-execution':
    case 'no-ddl':
    case 'no-undeclared-env':
    case 'no-workspace-change':
    case 'no-substitution':
      return { kind };
  }
}

export function compileTask(part: YamlPart): AddendumTask {
  return { ...quoting(part), verifiedBy: itemsAt(part, 'verifiedBy').map(compileVerification) };
}

function compileVerification(part: YamlPart): AddendumVerification {
  if (typeof part.value === 'string') return { kind: 'quotation', quotation: placed(part) };
  return { kind: 'search', pattern: placedAt(part, 'rg'), in: placedItems(part, 'in'), absent: booleanAt(part, 'absent') ?? false, span: part.span };
}

export function compileCriterion(part: YamlPart): AddendumCriterion {
  const clause = part.get('clause');
  return { ...quoting(part), witnesses: itemsAt(part, 'witness').map(compileWitness), ...given({ clause: clause && placed(clause) }) };
}

function compileWitness(part: YamlPart): AddendumWitness {
  const { span } = part;
  const [claim, step, expectation, policy] = [part.get('claim'), part.get('step'), part.get('expectation'), part.get('policy')];
  const [writeOrder, fresh] = [part.get('writeOrder'), part.get('fresh')];
  const judged = part.get('is');
  if (judged !== undefined) return { kind: 'judged', claim: claimAt(judged), text: textAt(part, 'text'), step: placedAt(part, 'step'), span };
  if (claim !== undefined) return { kind: 'claim', claim: placed(claim), span, ...given({ step: step && placed(step) }) };
  if (expectation !== undefined) return { kind: 'expectation', quotation: placed(expectation), span };
  if (step !== undefined) return { kind: 'step', quotation: placed(step), span };
  if (policy !== undefined) return { kind: 'policy', quotation: placed(policy), span };
  if (writeOrder !== undefined)
    return { kind: 'write-order', first: relationColumn(textAt(writeOrder, 'first')), then: { relation: textAt(writeOrder, 'then') }, span };
  if (fresh !== undefined) return { kind: 'fresh', name: textAt(fresh, 'name'), relation: textAt(fresh, 'relation'), column: textAt(fresh, 'column'), span };
  return {
    kind: 'each-hit',
    search: placedAt(part, 'eachHitOf'),
    contains: textAt(part, 'contains'),
    withinLines: numberAt(part, 'withinLines') ?? 0,
    span,
    ...given({ except: part.get('except')?.text }),
  };
}

/** `runs.plan_json`, or `public.runs.plan_json`: the last part is the column. */
function relationColumn(text: string): { readonly relation: string; readonly column: string } {
  const dot = text.lastIndexOf('.');
  return { relation: text.slice(0, dot), column: text.slice(dot + 1) };
}

export function compileReportField(part: YamlPart): AddendumReportField {
  return { ...quoting(part), source: reportSource(part) };
}

function reportSource(part: YamlPart): AddendumReportSource {
  if (part.get('name') !== undefined) return { kind: 'name', name: placedAt(part, 'name') };
  if (part.get('sql') !== undefined) return { kind: 'sql', sql: placedAt(part, 'sql') };
  if (part.get('rows') !== undefined) return { kind: 'row-count', query: placedAt(part, 'rows') };
  if (part.get('files') !== undefined) return { kind: 'files', search: placedAt(part, 'files'), ...given({ except: part.get('except')?.text }) };
  const [met, unmet] = itemsAt(part, 'words').map((word) => word.text);
  const words: readonly [string, string] | undefined = met === undefined || unmet === undefined ? undefined : [met, unmet];
  return { kind: 'word', of: placedItems(part, 'yes'), ...given({ words }) };
}
