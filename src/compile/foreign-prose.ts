/**
 * Prose in a language that the phrasebook does not speak. Frequent small words decide, as a table; a script that is not Latin
 * decides by itself. One diagnostic a section, and no sentence of it counts as read until it is accepted.
 */
import { spanOf } from '../parse/markdown-document.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Draft } from './draft.ts';
import { proseOf } from './prose.ts';

const english =
  /\b(?:the|a|an|is|are|and|or|of|to|in|on|for|with|be|must|no|not|do|it|this|that|from|by|as|at|if|all|run|rows?|tests?|pass|exit|code|output|contains|expected|exists?)\b/gi;
const foreign =
  /(?<!\p{L})(?:der|die|das|den|dem|ein|eine|und|oder|nicht|kein|keine|ist|sind|mit|auf|für|von|muss|müssen|werden|wird|sie|alle|niemals|ausführen|le|la|les|des|une|un|est|sont|et|ou|avec|pour|dans|sur|ne|pas|doit|aucune?|el|los|las|una|es|son|y|con|para|en|por|debe|ningún|ninguna|il|lo|gli|che|non|sono|deve|per|nessun|o|os|uma|é|são|não|com|het|een|niet|zijn|moet|geen|voor|met|jest|są|nie|musi|dla)(?!\p{L})/giu;
const otherScript =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/gu;

/** Marks what was read as narrative in such a section as unread. */
export function markUnread(draft: Draft): void {
  const whole = isForeign(
    draft.document.blocks.map((block) => (block.type === 'paragraph' ? proseOf(block.inlines).text.replace(/`[^`]*`/g, ' ') : '')).join('\n'),
  );
  for (const [section, blocks] of prosePerSection(draft)) {
    if (section !== undefined && section.meaning === 'reference') continue;
    const text = blocks.map((block) => proseOf(block.inlines).text.replace(/`[^`]*`/g, ' ')).join('\n');
    if (!isForeign(text, whole ? 1 : 2)) continue;
    for (const block of blocks) {
      const note = draft.notes.get(block.index);
      if (note?.disposition === 'narrative') note.disposition = 'unread';
    }
  }
}

export function isForeign(text: string, atLeast = 2): boolean {
  if ((text.match(otherScript) ?? []).length > (text.match(/[A-Za-z]/g) ?? []).length) return true;
  const native = (text.match(english) ?? []).length;
  const strange = (text.match(foreign) ?? []).length + (text.match(/[äöüßéèêàçñáíóúãõœłśżę]/gi) ?? []).length / 2;
  return strange >= atLeast && strange > native * 2;
}

/** One diagnostic for each section that still has unread blocks. */
export function unreadSections(draft: Draft): readonly Diagnostic[] {
  return [...prosePerSection(draft)].flatMap(([, blocks]): readonly Diagnostic[] => {
    const unread = blocks.filter((block) => draft.notes.get(block.index)?.disposition === 'unread');
    const [first] = unread;
    if (!first) return [];
    return [
      {
        severity: 'error',
        code: 'compile/unread-prose',
        message: `${unread.length === 1 ? 'a block' : `${unread.length} blocks`} of this section ${unread.length === 1 ? 'is' : 'are'} in a language that is not read`,
        span: spanOf(draft.document, first.start, first.end),
        help: 'write it in English, or say in the addendum, under `accept:`, for each block what it is',
      },
    ];
  });
}

function prosePerSection(draft: Draft): ReadonlyMap<Draft['sections'][number] | undefined, Draft['document']['blocks']> {
  const groups = new Map<Draft['sections'][number] | undefined, Draft['document']['blocks'][number][]>();
  const sections = [...draft.sections].sort((a, b) => a.start - b.start);
  let at = -1;
  for (const block of draft.document.blocks) {
    while ((sections[at + 1]?.start ?? Number.POSITIVE_INFINITY) <= block.start) at += 1;
    if (block.type !== 'paragraph') continue;
    const section = sections[at];
    const group = groups.get(section);
    if (group) group.push(block);
    else groups.set(section, [block]);
  }
  return groups;
}
