/**
 * Sentences by which a document demands that another plan has been executed: "Run [Setup](setup.md) first". A sentence is matched
 * whole, its links taken out, so that a hedge, a denial or another demand beside the link makes it none of these.
 */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import { fold, type Prose } from './prose.ts';

/** Stands for a link. No text of a document holds it after folding. */
const mark = '\u0001';

const link = String.raw`(?:the |our |your |this )?(?:(?:plan|test plan|document|runbook|guide|procedure|all steps|steps|instructions|in|of|from|the) )*${mark}(?: (?:plan|test plan|document|runbook|procedure))?`;
const links = String.raw`${link}(?:(?:, and|,| and|;) ${link})*`;
const before = String.raw`(?:before (?:this|this one|this plan|this document|you start|you begin|starting|beginning|you run this(?: plan)?|(?:running|executing|starting) this(?: plan)?|anything else|any step(?: below| here)?|the steps below)|beforehand|first)`;
const well = String.raw`(?:completely|successfully|to (?:the|its) end|with success|once)`;
const act = String.raw`(?:run|execute|complete|finish|perform|carry out|work through|go through|follow|do)`;
const done = String.raw`(?:run|executed|completed|finished|performed|carried out|worked through|gone through|followed|done|passed|succeeded)`;

/** Where only preconditions stand, a link alone demands its plan. */
const inPart: readonly RegExp[] = [
  String.raw`${links}`,
  String.raw`(?:please |first,? |always |you (?:must|have to|need to) |make sure to )?${act} ${links}(?:,? (?:${before}|${well}))*`,
  String.raw`(?:make sure (?:that )?)?you(?: have|'ve) (?:already )?(?:successfully )?${done} ${links}(?:,? (?:${before}|${well}))*`,
  String.raw`(?:(?:make sure|ensure|check) (?:that )?)?${links} (?:(?:has|have) (?:already )?(?:been )?(?:successfully )?${done}|(?:is|are) (?:complete|completed|done|finished|passed|green)|(?:must|should|needs? to|has to|have to) (?:be |have (?:been )?)?(?:${done}|pass|succeed|complete|green)|passes|passed|succeeded)(?:,? (?:${before}|${well}))*`,
  String.raw`(?:this(?: plan| document)? |it )?(?:requires?|depends on|needs|builds on|presupposes) (?:that )?${links}(?: (?:(?:has|have) been|to (?:be|have been)) ${done}(?:,? (?:${before}|${well}))*)?`,
].map((source) => new RegExp(`^${source}[.!]?$`));

/** In running text the sentence itself must say that it comes before. */
const anywhere: readonly RegExp[] = [
  String.raw`(?:please |always |you (?:must|have to|need to) )?${act} ${links}(?:,? ${well})*,? ${before}(?:,? (?:${before}|${well}))*`,
  String.raw`first,? ${act} ${links}(?:,? (?:${before}|${well}))*`,
  String.raw`${before},? (?:please |you (?:must|have to|need to) )?${act} ${links}(?:,? ${well})*`,
  String.raw`${links} (?:must|should|needs? to|has to|have to) (?:be |have (?:been )?)?(?:${done}|pass|succeed|complete|green)(?:,? ${well})*,? ${before}(?:,? (?:${before}|${well}))*`,
  String.raw`this (?:plan|document) (?:requires|depends on|presupposes) (?:that )?${links}(?: (?:(?:has|have) been|to (?:be|have been)) ${done}(?:,? (?:${before}|${well}))*)?`,
].map((source) => new RegExp(`^${source}[.!]?$`));

/** A plan document beside this one; no part of one (`#…`), nothing elsewhere in the world. */
const document = /^(?![a-z][a-z\d+.-]*:|[/#?\\])[^?#\\]+\.(?:md|markdown|plan\.ya?ml)$/i;

/**
 * The plans that a stretch of a block demands, as they are linked; none where it demands no plan, or something beside it. `area`:
 * does it stand where preconditions are listed?
 */
export function linkedPlansOf(block: MarkdownBlock, stretch: Pick<Prose, 'start' | 'end'>, area: 'preconditions' | 'text'): readonly string[] {
  const found: string[] = [];
  let text = '';
  let last: string | undefined;
  for (const piece of block.inlines) {
    if (piece.end <= stretch.start || piece.start >= stretch.end) continue;
    if (piece.url !== undefined) {
      if (piece.url !== last) {
        found.push(piece.url);
        text += mark;
      }
      last = piece.url;
      continue;
    }
    last = undefined;
    // Units of the value are units of the source, but where something is escaped: then the sentence is not cut.
    const exact = piece.value.length === piece.end - piece.start;
    text += exact ? piece.value.slice(Math.max(0, stretch.start - piece.start), stretch.end - piece.start) : piece.value;
  }
  const folded = fold(text);
  const demands = (area === 'preconditions' ? inPart : anywhere).some((sentence) => sentence.test(folded));
  if (!demands || found.length === 0 || !found.every((url) => document.test(url) && !/\.addendum\.ya?ml$/i.test(url))) return [];
  return found.map(decoded);
}

/** `my%20plan.md` is the file `my plan.md`. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
