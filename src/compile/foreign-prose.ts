/**
 * Prose in a language that the phrasebook does not speak. Frequent small words decide, as a table; a script that is not Latin
 * decides by itself. One diagnostic a section, and no sentence of it counts as read until it is accepted.
 */
import { spanOf } from '../parse/markdown-document.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Disposition } from '../model/plan.ts';
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import type { Draft } from './draft.ts';
import { introOf } from './introduction.ts';
import { compileLabel } from './label.ts';
import { fold, proseOf } from './prose.ts';

const english =
  /\b(?:the|a|an|is|are|and|or|of|to|in|on|for|with|be|must|no|not|do|it|this|that|from|by|as|at|if|all|run|rows?|tests?|pass|exit|code|output|contains|expected|exists?)\b/gi;
const foreign: ReadonlySet<string> = new Set(
  'der die das den dem ein eine und oder nicht kein keine ist sind mit auf für von muss müssen werden wird sie alle niemals ausführen le la les des une un est sont et ou avec pour dans sur ne pas doit aucun aucune el los las una es son y con para en por debe ningún ninguna il lo gli che non sono deve per nessun o os uma é são não com het een niet zijn moet geen voor met jest są nie musi dla'.split(
    ' ',
  ),
);
/** Words of plans in other languages that are no words of this one: one of them is enough where no rule read its block. */
const demanding: ReadonlySet<string> = new Set(
  (
    'erwartet erwartete erwartetes erwarteter erwartung erwartungen ergebnis ergebnisse soll sollen sollte sollten muss müssen darf dürfen nicht kein keine keinen keinerlei niemals nur prüfe prüfen überprüfe überprüfen sicherstellen führe ausführen starte warte warten ausgabe enthält voraussetzung voraussetzungen regel regeln erfolg erfolgskriterien abnahmekriterien fehler zeile zeilen größer kleiner mindestens höchstens gleich wenn bevor abbrechen verboten ' +
    'attendu attendue attendus attendues résultat résultats vérifier vérifiez doit doivent jamais aucun aucune exécuter exécutez lancez étape étapes ligne lignes règle règles prérequis interdit échec succès ' +
    'esperado esperada esperados resultado resultados debe deben nunca ningún ninguna ejecutar ejecute verificar verifique comprobar salida filas regla reglas prohibido ' +
    'atteso attesa risultato risultati deve devono nessun nessuna eseguire esegui verificare righe regola regole vietato ' +
    'devem nenhum nenhuma linha linhas regra regras proibido ' +
    'verwacht verwachte resultaat resultaten moet moeten nooit geen uitvoeren controleer regels rijen ' +
    'oczekiwany oczekiwane wynik wyniki musi nigdy żaden uruchom sprawdź wierszy'
  ).split(' '),
);
/** Small words that hold a sentence of this language together, whatever it names. */
const binding = /\b(?:the|a|is|are|and|or|of|to|for|with|be|must|no|not|do|it|this|that|from|by|as|at|if)\b/gi;

const otherScript =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/gu;

/**
 * Marks the prose of such sections as unread, and takes back what was made of it: a word of one language says something else in
 * another. Commands stay steps, and holes of a report its fields. Before anything is bound.
 */
export function markUnread(draft: Draft): void {
  const whole = isForeign(draft.document.blocks.map((block) => (block.type === 'paragraph' ? wordsOfBlock(block) : '')).join('\n'));
  const unread = new Set<number>();
  // Words in the brackets of a heading restrict its section, in any language.
  for (const block of whole ? draft.document.blocks : [])
    if (block.type === 'heading' && /[(\uff08][^)\uff09]*\p{L}[^)\uff09]*[)\uff09]/u.test(wordsOfBlock(block))) setUnread(draft, block.index, unread);
  for (const [section, blocks] of prosePerSection(draft)) {
    const idle = section !== undefined && (section.meaning === 'reference' || section.meaning === 'history');
    if (idle || !isForeign(blocks.map(wordsOfBlock).join('\n'), whole ? 1 : 2, whole)) continue;
    for (const block of blocks) {
      if (/\p{L}/u.test(wordsOfBlock(block))) setUnread(draft, block.index, unread);
    }
  }
  markDemands(draft, unread);
  for (const list of [draft.policies, draft.claims, draft.acceptance, draft.captures, draft.preconditions, draft.tasks, draft.criteria]) takeBack(list, unread);
  if (unread.size === 0) return;
  const places = draft.document.blocks.filter((block) => unread.has(block.index));
  const others = draft.diagnostics.filter(({ span }) => {
    const place = span && places[lastFrom(places, span.start.offset)];
    return place === undefined || span === undefined || span.end.offset > place.end;
  });
  draft.diagnostics.splice(0, draft.diagnostics.length, ...others);
}

/** A short demand in another language, in a document of this one: what no rule read there must not pass as mere words. */
function markDemands(draft: Draft, unread: Set<number>): void {
  for (const [section, blocks] of prosePerSection(draft, new Set([...prose, 'heading']))) {
    if (section !== undefined && (section.meaning === 'reference' || section.meaning === 'history')) continue;
    const headed = blocks.some((block) => block.type === 'heading' && block.start === section?.start && isDemanding(wordsOfBlock(block)));
    for (const block of blocks) {
      const read = draft.notes.get(block.index);
      const idle =
        read?.disposition === 'narrative' ||
        (read?.disposition === 'metadata' && read.becomes.some((label) => typeof label === 'string' && compileLabel(label) !== 'metadata'));
      if (!idle || block.type === 'heading') continue;
      const text = wordsOfBlock(block);
      const head = block.type === 'table-row' ? draft.document.blocks[draft.document.blocks[block.parent ?? -1]?.children[0] ?? -1] : undefined;
      const announced = (headed || (head !== undefined && isDemanding(wordsOfBlock(head)))) && (text.match(binding) ?? []).length < 2;
      // "Ne jamais exécuter:" has taken its block out of the flow.
      if (!(announced || isDemanding(text)) || introOf(fold(proseOf(block.inlines).text))?.kind === 'negative') continue;
      read.disposition = 'unread';
      read.becomes.length = 0;
      unread.add(block.index);
    }
  }
}

function isDemanding(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const demands = words.filter((word) => demanding.has(word)).length;
  return demands > 0 && demands + words.filter((word) => foreign.has(word)).length >= (text.match(binding) ?? []).length;
}

/** The last of these, which stand in order, that begins at an offset or before it; -1 where none does. */
function lastFrom(places: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function setUnread(draft: Draft, index: number, unread: Set<number>): void {
  const note = draft.notes.get(index);
  if (!note || kept.has(note.disposition)) return;
  note.disposition = 'unread';
  note.becomes.length = 0;
  unread.add(index);
}

/** A command is one in any language; so is a hole to be filled, and a heading or label known by its English word. */
const kept: ReadonlySet<Disposition> = new Set(['step', 'report field', 'reference', 'metadata', 'unclaimed']);

function takeBack(list: { readonly block: number }[], blocks: ReadonlySet<number>): void {
  for (let index = list.length - 1; index >= 0; index -= 1) if (blocks.has(list[index]?.block ?? -1)) list.splice(index, 1);
}

function wordsOfBlock(block: MarkdownBlock): string {
  const parts = block.type === 'table-row' ? (block.cells ?? []) : [block.inlines];
  return parts
    .map((inlines) => proseOf(inlines).text)
    .join(' ')
    .replace(/`[^`]*`/g, ' ')
    .replace(/<[^<>]+>/g, ' ');
}

/** `inForeign`: the document as a whole is, so that a section without any word of either language is too. */
export function isForeign(text: string, atLeast = 2, inForeign = false): boolean {
  if ((text.match(otherScript) ?? []).length > (text.match(/[A-Za-z]/g) ?? []).length) return true;
  const native = (text.match(english) ?? []).length;
  const strange =
    (text.match(/\p{L}+/gu) ?? []).filter((word) => foreign.has(word.toLowerCase())).length + (text.match(/[äöüßéèêàçñáíóúãõœłśżę]/gi) ?? []).length / 2;
  if (inForeign) return /\p{L}/u.test(text) && !(native >= 2 && native > strange);
  return strange >= atLeast && strange > native * 2;
}

/** One diagnostic for each section that still has unread blocks. */
export function unreadSections(draft: Draft): readonly Diagnostic[] {
  return [...prosePerSection(draft, new Set([...prose, 'heading']))].flatMap(([, blocks]): readonly Diagnostic[] => {
    const unread = blocks.filter((block) => {
      const note = draft.notes.get(block.index);
      // What somebody accepted by name as unread keeps that name.
      return note?.disposition === 'unread' && note.boundBy === undefined;
    });
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

const prose: ReadonlySet<string> = new Set(['paragraph', 'table-row']);

function prosePerSection(draft: Draft, types: ReadonlySet<string> = prose): ReadonlyMap<Draft['sections'][number] | undefined, Draft['document']['blocks']> {
  const groups = new Map<Draft['sections'][number] | undefined, Draft['document']['blocks'][number][]>();
  const sections = [...draft.sections].sort((a, b) => a.start - b.start);
  let at = -1;
  for (const block of draft.document.blocks) {
    while ((sections[at + 1]?.start ?? Number.POSITIVE_INFINITY) <= block.start) at += 1;
    if (!types.has(block.type)) continue;
    const section = sections[at];
    const group = groups.get(section);
    if (group) group.push(block);
    else groups.set(section, [block]);
  }
  return groups;
}
