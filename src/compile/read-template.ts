/** The plan's own report template: fields in lines, lists, tables and fences, each with the place that its value takes. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import { note, type Draft } from './draft.ts';
import type { Prose } from './prose.ts';
import type { Context } from './reading.ts';

export function readTemplate(draft: Draft, block: MarkdownBlock, context: Context): boolean {
  const code = block.code;
  if (!code) return false;
  let found = false;
  for (const [index, line] of code.value.split('\n').entries()) {
    const match = line.match(/^\s*(?:[-*] )?\**([^:<>|]+?)\**\s*[:=|]\**\s*`?(<[^<>]+>|\{\{[^{}]+\}\}|_{3,}|TB[AD])/);
    if (!match) {
      const label = line.match(/^\s*(?:[-*] )?\**([A-Za-z][^:<>|]{0,50}?)\s*:\**\s*(?:\u2026|\.{3}|\w+(?: \w+)? \/ \w+(?: \w+)?)?\s*$/)?.[1];
      if (label === undefined) continue;
      note(draft, block.index, 'report field', undefined, `"${label.trim()}" has no place for a value`);
      found = true;
      continue;
    }
    const at = (code.offsets[index] ?? block.start) + line.indexOf(match[2] ?? '');
    pushReport(draft, block, context, (match[1] ?? '').trim(), match[2] ?? '', at, code.offsets[index] ?? block.start);
    found = true;
  }
  return found;
}

export function readTemplateLine(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const match = body.text.match(/^([^:<>]+?)\s*:\s*`?(<[^<>]+>|\{\{[^{}]+\}\}|_{3,}|\.{4,}|TB[AD]\b|\[[^[\]]{2,40}\](?!\())/);
  return match !== null && readReportField(draft, block, context, match[1] ?? '', body.start, body);
}

export function readReportField(draft: Draft, block: MarkdownBlock, context: Context, label: string, start: number, body: Prose): boolean {
  const written = blank.exec(body.text)?.[0];
  if (written === undefined) return false;
  const at = draft.document.text.text.indexOf(written, Math.max(body.start, start));
  if (at === -1) return false;
  pushReport(draft, block, context, label.replace(/[`*]/g, '').trim(), written, at, start);
  return true;
}

function pushReport(draft: Draft, block: MarkdownBlock, context: Context, label: string, written: string, at: number, start: number): void {
  // A line that begins with its blank is named by its part.
  if (label.trim() === '') return pushReport(draft, block, context, context.section.title.trim() || 'report', written, at, start);
  draft.report.push({
    label,
    text: label,
    start,
    end: at + written.length,
    hole: { written, start: at, end: at + written.length },
    section: context.section,
    block: block.index,
  });
  note(draft, block.index, 'report field', `report field "${label}"`);
}

/** What stands for a value that is still to be written. */
const blank = /<[^<>]+>|\{\{[^{}]+\}\}|_{3,}|\.{4,}|\bTB[AD]\b|\[(?! ?\]|x\])[^[\]]{2,40}\](?!\()/;

/** A field that has no place for its value would stay empty in the report: said, so that nobody counts on it. */
export function reportWithoutPlace(
  draft: Draft,
  block: MarkdownBlock,
  context: Context,
  label: string,
  place: { readonly start: number; readonly end: number },
): void {
  note(draft, block.index, 'report field', undefined, `section ${context.section.number}: no place for a value`);
  draft.diagnostics.push({
    severity: 'warning',
    code: 'compile/unbound-report-field',
    message: `\`${label.trim()}\` has no place for a value`,
    span: spanOf(draft.document, place.start, place.end),
    help: 'write `<…>` where the value belongs',
  });
}
