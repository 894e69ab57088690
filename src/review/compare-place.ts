/** Where the parts of a plan stand: under which heading, and in which blocks of the document. */
import type { Block, Plan } from '../model/plan.ts';
import type { Span } from '../model/span.ts';
import type { ComparedLine } from './compare-change.ts';

export interface Heading {
  readonly block: Block;
  readonly title: string;
  /** As ids and scopes have it: a heading without a number has one, too. */
  readonly number: string;
  /** What it announces, as the reader noted it; empty where it carries a policy instead. */
  readonly meaning: string;
}

const leadingNumber = /^(?:(?:section|step|phase|part)\s+)?\d+(?:\.\d+)*[a-z]?[.):]?\s+(?:[-\u2010-\u2015]\s*)?/i;

/** The headings that divide the document, in order. None for a YAML plan. */
export function headingsOf(plan: Plan): readonly Heading[] {
  return plan.blocks.flatMap((block) => {
    const [, number, meaning = ''] = /^section (\S+?): (.+)$/.exec(block.reason ?? '') ?? [];
    const named = number ?? block.becomes.map((became) => /^policy of section (\S+)$/.exec(became)?.[1]).find((each) => each !== undefined);
    if (block.type !== 'heading' || named === undefined) return [];
    const text = block.text.replace(/^\s*#{1,6}\s+/, '').replace(/\s+#+\s*$/, '');
    return [{ block, title: text.replace(leadingNumber, ''), number: named, meaning }];
  });
}

/** The heading above a place of the document; undefined in front of the first one and for places in other files. */
export function headingAt(plan: Plan, headings: readonly Heading[], span: Span): Heading | undefined {
  return span.path === plan.path ? headings.findLast(({ block }) => block.span.start.offset <= span.start.offset) : undefined;
}

/** Blocks without parts of their own: a container says nothing that they do not say. */
export function leavesOf(plan: Plan): readonly Block[] {
  return plan.blocks.filter((block, index) => {
    const next = plan.blocks[index + 1];
    return next === undefined || next.span.start.offset >= block.span.end.offset;
  });
}

export function lineOf(span: Span, text: string, skipped = 0): ComparedLine {
  return { path: span.path, line: span.start.line + skipped, text: text.trim() };
}
