/** "FILE contains …" claims become searches: what the sentence says decides the pattern; what it leaves open the addendum gives. */
import { overlaps, placesOf, span, expect, type Binder } from './bind.ts';
import type { SearchDraft, StepDraft } from './draft.ts';
import { newStep } from './read-code.ts';

export function bindSearches(binder: Binder): ReadonlyMap<SearchDraft, StepDraft> {
  const steps = new Map<SearchDraft, StepDraft>();
  const bound = (binder.addendum?.searches ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  for (const search of binder.draft.searches) {
    const entries = bound.filter(({ places }) => places.some((place) => overlaps(place, search))).map(({ entry }) => entry);
    for (const entry of entries) binder.used.add(entry);
    const paths = search.paths.map((path) => fullPath(binder, path));
    const patterns = entries.length > 0 ? entries.map((entry) => (entry.fixed ? escapePattern(entry.pattern.text) : entry.pattern.text)) : patternsOf(search);
    if (patterns.length === 0) {
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-pattern',
        message: `nothing says what to search for: \`${search.text.replace(/`/g, '')}\``,
        span: span(binder, search),
        label: search.absent ? 'an absence needs a pattern' : 'a claim about a file needs a pattern',
        help: `in the addendum, under \`searches:\`, write { at: '${search.text.replace(/'/g, "''")}', pattern: '…'${search.absent ? ', absent: true' : ''} }`,
      });
      continue;
    }
    const first = entries[0];
    const where = first && first.in.length > 0 ? first.in.map((path) => path.text) : paths;
    const absent = first ? first.absent : search.absent;
    if (first && search.absent && !first.absent)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/addendum-weakens',
        message: 'the text says that the file contains no such thing, the addendum does not',
        span: first.span,
        help: 'write `absent: true`',
      });
    const step = newStep(binder.draft, search.section, search.text, {
      start: search.start,
      end: search.end,
      place: (offset) => search.start + offset,
      title: search.text.replace(/`/g, ''),
      role: search.role,
    });
    step.kind = 'rg-check';
    step.search = {
      arguments: ['--line-number', '--multiline', ...patterns.flatMap((pattern) => ['--regexp', pattern]), '--', ...where],
      patterns,
      paths: where,
      fixedStrings: false,
      quantity: absent ? 'none' : 'each',
    };
    if (first) step.boundBy = 'addendum';
    expect(step, { text: search.text, span: span(binder, search), claim: { kind: 'found', quantity: absent ? 'none' : 'each' }, origin: 'text' });
    steps.set(search, step);
  }
  return steps;
}

/** `cus_cli.py` → the only longer path of that name in the plan. */
function fullPath(binder: Binder, path: string): string {
  if (path.includes('/')) return path;
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new Set(
    [...binder.draft.document.text.text.matchAll(new RegExp(String.raw`[\w.-]+(?:/[\w.-]+)*/${escaped}(?![\w.])`, 'g'))].map((match) => match[0]),
  );
  return found.size === 1 ? ([...found][0] ?? path) : path;
}

/** Patterns are Rust regular expressions (ripgrep's), searched across lines. */
function patternsOf(search: SearchDraft): readonly string[] {
  if (search.imports) return [importPattern(search.imports.name, search.imports.module, search.paths[0] ?? '')];
  const words = search.text.toLowerCase();
  return search.codes.map((code) => {
    const literal = escapePattern(code);
    // "Required CLI arg `--x`": the word must stand in the same call as the argument, before its closing bracket.
    if (/\brequired\b/.test(words) && /^-/.test(code)) return String.raw`${literal}\b[^)]*\brequired\b|\brequired\w*\([^)]*${literal}\b`;
    if (/\bwith (?:a )?default\b/.test(words) && /^-/.test(code)) return String.raw`${literal}\b[^)]*\bdefault\b`;
    return /^\w/.test(code) && /\w$/.test(code) ? String.raw`\b${literal}\b` : /\w$/.test(code) ? String.raw`${literal}\b` : literal;
  });
}

function importPattern(name: string, module: string, path: string): string {
  const wanted = escapePattern(name);
  const from = escapePattern(module);
  if (/\.[cm]?[jt]sx?$/.test(path)) return String.raw`import\b[^;'"]*\b${wanted}\b[^;'"]*from\s+['"]${from}['"]`;
  return String.raw`^[ \t]*from[ \t]+${from}[ \t]+import[ \t]+(?:\([^)]*\b${wanted}\b|[^\n(#]*\b${wanted}\b)`;
}

export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
