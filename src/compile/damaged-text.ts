/** Text that was decoded wrongly on its way into the document. */
import { spanOf } from '../parse/markdown-document.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Draft } from './draft.ts';

/** UTF-8 that was once read as Windows-1252 ("â€”"): readable, and almost certainly not meant. */
export function damagedText(draft: Draft): readonly Diagnostic[] {
  const { document } = draft;
  return [...document.text.text.matchAll(/(?:â€[\u0080-\u00bf\u201c\u201d\u2122\u0153\u02dc\u2018\u2019\u2026\u2013\u2014"]?|Ã[\u0080-\u00bf©¨¼¶¤Ÿ])/g)]
    .slice(0, 20)
    .map((match) => ({
      severity: 'warning',
      code: 'parse/damaged-text',
      message: `\`${match[0]}\` looks like a character that was decoded wrongly`,
      span: spanOf(document, match.index, match.index + match[0].length),
      help: match[0].startsWith('â€')
        ? 'write the dash or quotation mark that was meant, and save as UTF-8'
        : 'write the letter that was meant, and save as UTF-8',
    }));
}
