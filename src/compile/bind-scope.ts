/** Where a policy sentence is in force: what its words say, else the whole document, which is the stricter reading. */
import type { PolicyScope } from '../model/policy.ts';
import type { Binder } from './bind.ts';
import { isExecuted, type PolicyDraft, type StepDraft } from './draft.ts';
import { fold } from './prose.ts';

const inSection =
  /\b(?:in|during|throughout|within|for) (?:this|the whole|the entire|the present) (?:section|part|phase|step|chapter)\b|^(?:this|the present) (?:section|part|phase|step|chapter)\b|\bhere\b(?=[.,!;)]|$)|\bfrom here\b/;
const atStep =
  /\b(?:this|the (?:next|following|previous)) (?:command|query|statement|script|block|call|request)\b|\bthe (?:command|query|statement|script|block) (?:above|below)\b|\b(?:run|execute|repeat) (?:this|it)\b/;

export function scopeOf(binder: Binder, draft: PolicyDraft): PolicyScope {
  if (draft.scope) return draft.scope;
  if (draft.wholeSection) return { kind: 'section', section: draft.section.number };
  const text = fold(draft.text);
  const own = binder.draft.steps.filter((step) => isExecuted(step) && step.start >= draft.section.start && step.start < draft.section.end);
  // A part of rules has no steps of its own: "here" means the plan.
  if (own.length === 0 || draft.section.meaning === 'policy') return { kind: 'document' };
  if (atStep.test(text)) {
    const step = stepMeant(binder, draft, text, own);
    return step ? { kind: 'step', step: step.id } : { kind: 'section', section: draft.section.number };
  }
  return inSection.test(text) ? { kind: 'section', section: draft.section.number } : { kind: 'document' };
}

/** The step that the words point at, or the only one that stands right beside the sentence. */
function stepMeant(binder: Binder, draft: PolicyDraft, text: string, own: readonly StepDraft[]): StepDraft | undefined {
  const previous = own.findLast((step) => step.end <= draft.start);
  const next = own.find((step) => step.start >= draft.end);
  const inside = own.find((step) => step.start < draft.end && step.end > draft.start);
  if (inside) return inside;
  if (/\babove\b|\bprevious\b/.test(text)) return previous;
  if (/\bbelow\b|\bnext\b|\bfollowing\b/.test(text)) return next;
  const beside = [previous, next].filter((step): step is StepDraft => step !== undefined && isBeside(binder, draft, step));
  return beside.length === 1 ? beside[0] : own.length === 1 ? own[0] : undefined;
}

/** Nothing but fences and blanks stands between. */
function isBeside(binder: Binder, draft: PolicyDraft, step: StepDraft): boolean {
  const source = binder.draft.document.text.text;
  const between = step.end <= draft.start ? source.slice(step.end, draft.start) : source.slice(draft.end, step.start);
  return /^[\s>*_.]*(?:[`~]{3,}[^\n]*)?[\s>*_-]*(?:[`~]{3,}[^\n]*\n)?[\s>]*$/.test(between);
}
