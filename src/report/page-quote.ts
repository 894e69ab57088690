/** Words of a plan or a record in a page: with their code spans, and with links where they name a step. */
import type { Origin } from '../model/value.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { stepLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import type { PageContent } from './page-node.ts';
import { codeNode } from './page-part.ts';

/** The plan's own words, with code where they have it. */
export function quoted(text: string, most = 2_000): PageContent {
  return shorten(text, most)
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? codeNode(part.slice(1, -1)) : part));
}

/** `row 1 of step 3.1` leads to the step. */
export function noteContent(note: string, places: PagePlaces): PageContent {
  return shorten(note, 2_000)
    .split(/(\bstep [0-9A-Za-z.]*[0-9A-Za-z])/)
    .map((part, index) => (index % 2 === 1 ? stepLink(places, part.slice('step '.length), part) : quoted(part)));
}

export function originContent(origin: Origin, places: PagePlaces): PageContent {
  return noteContent(renderOrigin(origin), places);
}
