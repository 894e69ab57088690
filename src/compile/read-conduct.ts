/** Sentences about how a step is carried out are taken out of a block, and kept with their place; the rest is read as ever. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import { conductBehind, conductOf, conductOfLabel, type Conduct } from './conduct.ts';
import { isCommand } from './code-content.ts';
import { conditionOf } from './condition.ts';
import { note, type ConductDraft, type Draft } from './draft.ts';
import { eventuallyIn } from './eventual-claim.ts';
import { fold, sentencesOf, type Prose } from './prose.ts';
import { isInList, nextSibling, phrasesOf, previousSibling, stepsOf, type Area, type Context } from './reading.ts';
import { isInstruction } from './sentence.ts';

/** Where sentences speak of what is done. */
const areas: ReadonlySet<Area> = new Set<Area>(['steps', 'search', 'command', 'expectation', 'policy', 'capture', 'warning']);

/** Does a sentence here speak of steps that are carried out? */
export function tellsConduct({ area, branch }: Pick<Context, 'area' | 'branch'>): boolean {
  return areas.has(area) && branch === undefined;
}

/** What is left of the block, in stretches; undefined where nothing of it is about conduct. */
export function readConduct(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): readonly Prose[] | undefined {
  if (!tellsConduct(context) || leftToSomebody(draft, block, context)) return undefined;
  const sentences = joined(sentencesOf(body, draft.document.text.text));
  const taken = new Set<Prose>();
  // What else the paragraph says before a command introduces it, and this sentence with it.
  const announces = sentences.some((sentence) => conductOf(sentence.text) === undefined) && nextSibling(draft, block)?.code !== undefined;
  for (const [index, sentence] of sentences.entries()) {
    const known = draft.conduct.length;
    if (takeSentence(draft, block, sentence, context, announces)) taken.add(sentence);
    // "Start the import. Retry it up to 3 times." speaks of what its own paragraph tells to do.
    if (draft.conduct.length > known && sentences.slice(0, index).some((before) => !taken.has(before) && isInstruction(fold(before.text))))
      draft.conduct.push(...draft.conduct.splice(known).map((conduct) => ({ ...conduct, own: { start: body.start, end: body.end } })));
  }
  return taken.size === 0 ? undefined : stretches(sentences, taken);
}

/** "…; give up when …" and "max. 3 times" belong to what stands before them. */
function joined(sentences: readonly Prose[]): readonly Prose[] {
  return sentences.reduce<readonly Prose[]>((all, sentence) => {
    const before = all.at(-1);
    const belongs =
      before !== undefined &&
      ((/^(?:and |but )?(?:give up|stop (?:retrying|polling|trying|waiting)|break off) (?:if|when|once|as soon as|after)\b/i.test(sentence.text) &&
        conductOf(before.text)?.kind === 'repetition') ||
        (/\bmax\.$/i.test(before.text) && /^\W*\d/.test(sentence.text)));
    if (!belongs) return [...all, sentence];
    const text = `${before.text.replace(/[.;]$/, '')}${/max\.$/i.test(before.text) ? '' : ','} ${sentence.text}`;
    return [...all.slice(0, -1), { ...before, text, end: sentence.end, codes: [...before.codes, ...sentence.codes] }];
  }, []);
}

/** Items below "Optionally:", "Do not:" or "What we did:" are not the plan's to carry out. */
function leftToSomebody(draft: Draft, block: MarkdownBlock, { intro }: Context): boolean {
  return intro !== undefined && isInList(draft, block) && (intro.kind !== 'branch' || intro.condition === 'choice');
}

function takeSentence(draft: Draft, block: MarkdownBlock, sentence: Prose, context: Context, announces: boolean): boolean {
  if (context.preface && stepsOf(draft, context.section).length === 0 && !/^(?:repetition|unclear)$/.test(conductOf(sentence.text)?.kind ?? '')) return false;
  const late = context.area === 'expectation' ? undefined : eventuallyIn(sentence.text);
  if (late !== undefined && context.area !== 'policy' && !context.preface) {
    draft.claims.push({
      text: sentence.text,
      start: sentence.start,
      end: sentence.end,
      section: context.section,
      steps: stepsOf(draft, context.section),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
    return true;
  }
  const conduct = conductOf(sentence.text) ?? openCondition(draft, block, sentence);
  if (conduct === undefined) {
    const behind = conductBehind(sentence.text);
    // A story may end in such words; only what tells to do something has a step to speak of, in it or right below.
    const holds = sentence.codes.some(({ value }) => isCommand(value));
    const above = nextSibling(draft, block)?.code !== undefined;
    if (
      behind &&
      conditionOf(fold(behind.before)) === undefined &&
      (holds || (above && (/:$/.test(sentence.text) || isInstruction(fold(behind.before))) && !/^(?:run|execute) `/i.test(behind.before)))
    )
      push(draft, block, sentence, context, behind.conduct, above);
    return false;
  }
  const each = 'each' in conduct && conduct.each;
  const isPolicy = phrasesOf(sentence.text).some(({ kind }) => kind === 'attempt-limit');
  // "At most two attempts are permitted" limits those at the plan.
  if (isPolicy && conduct.kind === 'repetition' && /^(?:an? )?(?:max|at most|no more than|not more than|up to)|(?:allowed|permitted)\W*$/i.test(sentence.text))
    return false;
  if (context.area === 'policy' && (isPolicy || (conduct.kind !== 'unclear' && !each))) return false;
  if (context.preface && !each && conduct.kind !== 'unclear') return false;
  push(draft, block, sentence, context, conduct, announces || /:$/.test(sentence.text));
  // "Do not retry" forbids, beside what it says about the step.
  return !(isPolicy && conduct.kind === 'once');
}

/** "**Retry:** up to 3 times, 5 s apart". */
export function readConductLabel(draft: Draft, block: MarkdownBlock, lead: string, body: Prose, context: Context): void {
  const conduct = conductOfLabel(lead, body.text);
  // Above the first part a document speaks of all its steps.
  const meant = context.preface && 'each' in conduct ? { ...conduct, each: true } : conduct;
  push(draft, block, body, context, meant, nextSibling(draft, block)?.code !== undefined && !isBelowCommand(draft, block));
}

/** What a label or a heading says about time: "**Timeout:** 30 s", "(max 10 s)". */
export function pushLimit(
  draft: Draft,
  block: MarkdownBlock,
  place: { readonly text: string; readonly start: number; readonly end: number },
  context: Context,
  limitMs: number,
): void {
  push(draft, block, { ...place, codes: [], strong: false }, context, { kind: 'limit', limitMs, each: false }, false);
}

function push(draft: Draft, block: MarkdownBlock, sentence: Prose, context: Context, conduct: Conduct, above: boolean): void {
  const next = nextSibling(draft, block);
  const all = context.area === 'policy' || context.section.level === 0 || context.section.meaning === 'policy' ? 'document' : 'section';
  pushConduct(draft, {
    conduct,
    text: sentence.text,
    start: sentence.start,
    end: sentence.end,
    section: context.section,
    block: block.index,
    reach: 'each' in conduct && conduct.each ? all : 'step',
    ...(above && next?.code !== undefined ? { above: { start: next.start, end: next.end } } : {}),
  });
}

/** What is not understood as a whole is said at once: no step gets a part of it. */
export function pushConduct(draft: Draft, conduct: ConductDraft): void {
  draft.conduct.push(conduct);
  if (conduct.conduct.kind !== 'unclear') return;
  note(draft, conduct.block, 'unclaimed');
  draft.diagnostics.push({
    severity: 'error',
    code: 'compile/unclear-conduct',
    message: conduct.conduct.why,
    span: spanOf(draft.document, conduct.start, conduct.end),
    help: 'write it as `Retry up to 3 times, 5 s apart.` or `Poll every 2 s for up to 1 minute until …`, or bind it under `steps:` of the addendum',
  });
}

function isBelowCommand(draft: Draft, block: MarkdownBlock): boolean {
  return previousSibling(draft, block)?.code !== undefined;
}

const conditional =
  /^(?:please )?(?:skip|omit|leave out)(?: (?:it|this|that|(?:this|the)(?: \w+)? (?:step|command|check|query|section|part|block)(?: above)?))? (?:if|when|unless|in case|on|for)\b|^(?:if|when|unless|in case)\b.{1,200},? (?:then )?(?:skip|omit|leave out) (?:it|this|that|(?:this|the)(?: \w+)? (?:step|command|check|query|section|part|block))\b|^(?:this|the) (?:step|command|check|query|block)(?: above)? (?:(?:runs?|is (?:run|executed|needed|required|done)|applies) only|is only (?:run|executed|needed|required|done)|only (?:runs|applies)) (?:if|when|unless|on|for|in)\b|^this (?:step|command|check|query|block)(?: above)? (?:runs?|is (?:run|executed|needed|required|done)|applies) (?:if|when|unless|in case)\b/;

/** "Skip this step if …" below a command: the step would run in any case. Above one, it makes the command a person's decision. */
function openCondition(draft: Draft, block: MarkdownBlock, sentence: Prose): Conduct | undefined {
  const folded = fold(sentence.text);
  if (!conditional.test(folded) || /\d+ (?:s|min|minutes?|hours?)\b/.test(folded)) return undefined;
  const below = previousSibling(draft, block)?.code !== undefined && draft.steps.length > 0;
  const above = nextSibling(draft, block)?.code !== undefined && !below;
  return above || !below ? undefined : { kind: 'unclear', why: 'this condition stands below its command, which runs in any case' };
}

/** Sentences that are left and stand together are read together. */
function stretches(sentences: readonly Prose[], taken: ReadonlySet<Prose>): readonly Prose[] {
  const parts: Prose[] = [];
  let open: Prose | undefined;
  for (const sentence of sentences) {
    if (taken.has(sentence)) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = sentence;
      parts.push(sentence);
      continue;
    }
    open = { ...open, text: `${open.text} ${sentence.text}`, end: sentence.end, codes: [...open.codes, ...sentence.codes] };
    parts[parts.length - 1] = open;
  }
  return parts;
}
