/** "Record …", "note …", "wait until …": what is taken out of a step's evidence, and what a value must become. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import { note, type Draft } from './draft.ts';
import { fold, sentencesOf, type Prose } from './prose.ts';
import { captureName, pushCapture, stepsOf, type Context } from './reading.ts';
import { isRecord } from './sentence.ts';

const codeList = /(`[A-Za-z_]\w*`(?:(?:, and |, | and | & )`[A-Za-z_]\w*`)*)/;
const verb = String.raw`(?:record|capture|note(?: down)?|write down|jot down|make a note of|take (?:a )?note of|save|keep|remember|copy)`;

/** "Record the resulting `run_id` and `status`", "Record: Run ID, Status", "Note the `notAfter` as `<old_end>`". */
export function readRecord(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const folded = fold(sentence.text);
    if (!isRecord(folded) && !/\b(?:record|capture|note(?: down)?|save|remember)\b(?: \w+){0,3}? `[A-Za-z_]\w*`/i.test(sentence.text)) continue;
    const named = /\bas `?<([A-Za-z_][\w -]*)>`?/.exec(sentence.text)?.[1] ?? /\(`<([A-Za-z_][\w -]*)>`\)/.exec(sentence.text)?.[1];
    if (named !== undefined) {
      const label = /`([A-Za-z_]\w*)`/.exec(sentence.text)?.[1] ?? named;
      pushCapture(draft, block, captureName(named), label, false, sentence, context);
      continue;
    }
    const codes = new RegExp(String.raw`\b${verb}\b(?: [\w'-]+){0,4}? ${codeList.source}`, 'i').exec(sentence.text)?.[1];
    if (codes !== undefined) {
      for (const name of codes.matchAll(/`(\w+)`/g))
        pushCapture(draft, block, name[1] ?? '', name[1] ?? '', /\bif (?:any|there is one|present)\b/i.test(sentence.text), sentence, context);
      continue;
    }
    const rest =
      /^(?:please )?(?:write|note|jot) (?:the |its )?([^`.]{3,60}?) down\b/i.exec(sentence.text)?.[1] ??
      new RegExp(String.raw`^(?:please |then |and |also )*${verb}(?: the| both| its)?:? ([^\x60]+)$`, 'i').exec(sentence.text)?.[1];
    if (rest === undefined) {
      unclear(draft, block, sentence, sentence.text);
      continue;
    }
    for (const part of rest
      .replace(/[.,;]? (?:you|we)(?:'ll| will)? need .*$|[,;] (?:they|it|you|we|this|that|these|those|which|because|as|for|since|so)\b.*$/i, '')
      .split(/,\s*(?:and )?| and (?:the )?/))
      readCapture(draft, block, { ...sentence, text: part }, context);
  }
}

/** "wait for completion (status `succeeded` or `failed`)": a claim on a name's values. */
export function readWait(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const match of body.text.matchAll(
    /\b(?:wait (?:for|until)|until)\b[^.()]*?\(?\b`?([A-Za-z_]\w*)`?(?: (?:is|becomes|equals|=))? ((?:`[^`]+`(?:, | or |, or )?)+)\)?/gi,
  )) {
    const values = [...(match[2] ?? '').matchAll(/`([^`]+)`/g)].map((value) => value[1] ?? '');
    const name = match[1] ?? '';
    if (values.length === 0 || /^(?:the|a|an|it|until|shows?|prints?|says?|see|like|with|by|of|in|on|to|from|for)$/i.test(name)) continue;
    if (!draft.captures.some((capture) => capture.name === name)) pushCapture(draft, block, name, name, false, body, context);
    draft.claims.push({
      text: `${name} in { ${values.join(', ')} }`,
      start: body.start,
      end: body.end,
      section: context.section,
      steps: stepsOf(draft, context.section),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
  }
}

export function readCapture(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  const label = body.text
    .replace(/\([^()]*\)/g, '')
    .replace(/[`.]/g, '')
    .replace(/^(?:the|its|a|an) /i, '')
    .trim();
  if (label === '' || !/^[A-Za-z][\w .-]{0,40}$/.test(label) || label.split(/\s+/).length > 5) return unclear(draft, block, body, label);
  pushCapture(draft, block, captureName(label), label, /\(if any\)|\(optional\)|\bif any\b/i.test(body.text), body, context);
}

function unclear(draft: Draft, block: MarkdownBlock, place: { readonly start: number; readonly end: number }, text: string): void {
  note(draft, block.index, 'capture');
  draft.diagnostics.push({
    severity: 'error',
    code: 'compile/unclear-capture',
    message: `\`${text.replace(/`/g, '')}\` names nothing that could be recorded`,
    span: spanOf(draft.document, place.start, place.end),
    help: 'write the name as the command prints it, as in `Run ID`',
  });
}
