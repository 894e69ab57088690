/** A page of `explain CODE` for people: the sentence, why it matters, and both forms of the example with the lines that differ marked. */
import type { CodePage, ExampleText } from './code-page.ts';
import { cutLine, hanging, wrapText, type PageStyle } from './page-style.ts';
import { plainLines } from './plain-text.ts';

/** A longer example says no more. */
const mostLines = 40;

/** Text without a last line feed, at most `columns` wide. */
export function renderCodePage(page: CodePage, style: PageStyle): string {
  const [first = '', ...more] = hanging(`${page.code}: ${page.meaning}`, 0, style);
  const files = page.bad.length > 0 && page.mended.length > 0;
  return [
    first.startsWith(`${page.code}:`) ? `${style.paint(page.code, 'title')}${first.slice(page.code.length)}` : first,
    ...more,
    ...(page.why === '' ? [] : ['', style.paint('why it matters', 'title'), ...paragraph(page.why, style)]),
    ...(files
      ? [
          '',
          style.paint('gives this message', 'title'),
          ...example(page.bad, page.mended, 'bad', style),
          '',
          style.paint('mended', 'title'),
          ...example(page.mended, page.bad, 'good', style),
        ]
      : []),
    ...(page.policies === undefined ? [] : renderPolicies(page.policies, page.withoutGuard ?? [], style)),
    ...(page.grammar === undefined ? [] : renderGrammar(page.grammar, page.claims ?? [], style)),
  ].join('\n');
}

function paragraph(text: string, style: PageStyle): readonly string[] {
  return wrapText(text, style.columns - 2, style).map((line) => `  ${line}`);
}

/** Lines that the other form does not have are marked; a situation in words has no lines to compare. */
function example(texts: readonly ExampleText[], others: readonly ExampleText[], tone: 'bad' | 'good', style: PageStyle): readonly string[] {
  const sign = tone === 'bad' ? '-' : '+';
  return texts.flatMap(({ name, text }, index) => {
    const other = new Set(plainLines((others[index]?.text ?? '').replaceAll('\t', '⇥   ')));
    const lines = plainLines(text.replaceAll('\t', '⇥   '));
    const shown = lines.length > mostLines ? [...lines.slice(0, mostLines - 1), '…'] : lines;
    const marked = shown.map((line) => {
      const isOwn = line !== '' && name !== undefined && !other.has(line);
      const [head = '', ...rest] = name === undefined ? fitLine(line, style) : [cutLine(line, style.columns - 4, style)];
      const body = `${isOwn ? style.paint(sign, tone) : ' '} ${style.paint('│', 'quiet')} ${isOwn ? style.paint(head, tone) : head}`.trimEnd();
      return [body, ...rest.map((part) => `  ${style.paint('│', 'quiet')} ${part}`)];
    });
    return [...(texts.length > 1 && name !== undefined ? [`  ${style.paint(name, 'quiet')}`] : []), ...marked.flat()];
  });
}

/** Aligned columns of a short line are kept; a longer one is wrapped. */
function fitLine(line: string, style: PageStyle): readonly string[] {
  return style.widthOf(line) <= style.columns - 4 ? [line] : wrapText(line, style.columns - 4, style);
}

function renderPolicies(policies: NonNullable<CodePage['policies']>, withoutGuard: readonly string[], style: PageStyle): readonly string[] {
  return [
    '',
    style.paint('sentences that are understood', 'title'),
    ...policies.flatMap(({ kind, sentences }) => [`  ${style.paint(kind, 'rule')}`, ...sentences.flatMap((sentence) => hanging(sentence, 4, style))]),
    '',
    style.paint('demands that no guard keeps', 'title'),
    ...paragraph(`${withoutGuard.join('; ')}. Such a sentence is in force only where its author accepts by name that nothing enforces it.`, style),
  ];
}

function renderGrammar(grammar: readonly string[], claims: NonNullable<CodePage['claims']>, style: PageStyle): readonly string[] {
  return [
    '',
    style.paint('the language of claims', 'title'),
    ...grammar.flatMap((line) => hangingGrammar(line, style)),
    '',
    style.paint('sentences, and what they are judged as', 'title'),
    ...claims.flatMap(({ sentence, reading }) => {
      const own = sentence.replaceAll('`', '') === reading;
      const aligned = `${sentence.padEnd(38)} → ${reading}`;
      if (own) return hanging(sentence, 2, style);
      return style.widthOf(aligned) <= style.columns - 2 && style.widthOf(sentence) <= 38
        ? [`  ${aligned}`]
        : [...hanging(sentence, 2, style), ...hanging(`→ ${reading}`, 4, style)];
    }),
  ];
}

/** An alternative of the grammar keeps its place under the others. */
function hangingGrammar(line: string, style: PageStyle): readonly string[] {
  const lead = /^(?:\w+ +:= |\s*\| )/.exec(line)?.[0] ?? '';
  return wrapText(line.slice(lead.length), style.columns - 2 - lead.length, style).map(
    (part, index) => `  ${index === 0 ? lead : ' '.repeat(lead.length)}${part}`,
  );
}
