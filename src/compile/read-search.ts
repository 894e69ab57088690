/** "FILE contains …": claims about files, which become searches. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import { note, type Draft, type SearchDraft } from './draft.ts';
import type { Prose } from './prose.ts';
import type { Context } from './reading.ts';

/** "FILE contains …", "FILE imports …", and the items of a list below such a line. */
export function readSearch(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, role: 'step' | 'precondition'): boolean {
  const text = body.text.trim();
  const common = { text, start: body.start, end: body.end, section: context.section, block: block.index, role };
  const again = context.files && /^(?:and|but|also|it) (?:must|does|do|should) not contain(?: \w+){0,3}:$/i.test(text);
  if (again) {
    context.files = { paths: context.files?.paths ?? [], absent: true, imports: false };
    note(draft, block.index, 'expectation', undefined, 'claims about the same file follow');
    return true;
  }
  const contains = text.match(
    /^(?:(?:the )?(?:file|config(?:uration)?(?: file)?|script|manifest) )?`([^`]+)` (contains|imports|includes|has|defines|does not contain|contains no|has no|must contain|must not contain)\b(.*)$/s,
  );
  if (contains && looksLikePath(contains[1] ?? '')) {
    const absent = /\bno\b|\bnot\b/.test(`${contains[2] ?? ''}${(contains[3] ?? '').match(/^ no\b/)?.[0] ?? ''}`);
    const rest = (contains[3] ?? '').trim();
    if (rest === ':' || rest === '') {
      context.files = { paths: [contains[1] ?? ''], absent, imports: contains[2] === 'imports' };
      if (role === 'precondition') draft.preconditions.push({ ...common, searches: [] });
      note(
        draft,
        block.index,
        role === 'precondition' ? 'precondition' : 'expectation',
        role === 'precondition' ? `precondition ${draft.preconditions.length}` : undefined,
        `claims about ${contains[1] ?? ''} follow`,
      );
      return true;
    }
    pushSearch(draft, { ...common, paths: [contains[1] ?? ''], codes: body.codes.slice(1).map((code) => code.value), absent, imports: undefined });
    return true;
  }
  if (!context.files) return false;
  const codes = body.codes.map((code) => code.value);
  const imports = context.files.imports && codes.length === 2 && /` from `/.test(text) ? { name: codes[0] ?? '', module: codes[1] ?? '' } : undefined;
  const denied = /^(?:no|not|without|never|neither)\b/i.test(text);
  pushSearch(draft, { ...common, paths: context.files.paths, codes, absent: context.files.absent !== denied, imports });
  return true;
}

function pushSearch(draft: Draft, search: SearchDraft): void {
  draft.searches.push(search);
  if (search.role === 'precondition') draft.preconditions.at(-1)?.searches.push(search);
  if (search.role !== 'precondition') note(draft, search.block, 'expectation');
  note(draft, search.block, search.role === 'precondition' ? 'precondition' : 'step', () =>
    draft.steps
      .filter((step) => step.start === search.start)
      .map((step) => `step ${step.id}`)
      .join(', '),
  );
}

function looksLikePath(text: string): boolean {
  return /^[\w./*-]+$/.test(text) && /[./]/.test(text);
}
