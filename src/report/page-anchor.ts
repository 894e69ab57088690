/** The places of a page that a reviewer can link to: `#step-2.1`, `#line-47`, `#expectation-2.1_2f3`, `#policy-P1`, `#entry-17`. */
import type { Element } from 'hast';
import type { Span } from '../model/span.ts';
import { element, type PageContent } from './page-node.ts';

export type AnchorKind = 'step' | 'line' | 'expectation' | 'criterion' | 'policy' | 'entry' | 'precondition' | 'task';

/** Which places the page really has: what it does not hold is told without a link. */
export interface PagePlaces {
  readonly planPath: string | undefined;
  readonly has: (anchor: string) => boolean;
}

/** An id is a record's text: what stands outside letters, digits, `.` and `-` is written in hex. */
export function anchor(kind: AnchorKind, id: string | number): string {
  const safe = String(id).replace(/[^A-Za-z0-9.-]/g, (unit) => `_${unit.charCodeAt(0).toString(16)}`);
  return `${kind}-${safe}`;
}

export function linkTo(places: PagePlaces, to: string, content: PageContent): PageContent {
  return places.has(to) ? element('a', { href: `#${to}` }, content) : content;
}

export function stepLink(places: PagePlaces, id: string, content: PageContent = `step ${id}`): PageContent {
  return linkTo(places, anchor('step', id), content);
}

/** `line 47`, or `addendum.yaml:12` for another file. */
export function spanLink(places: PagePlaces, span: Span): PageContent {
  if (span.path !== places.planPath) return `${span.path}:${span.start.line}`;
  return linkTo(places, anchor('line', span.start.line), `line ${span.start.line}`);
}

/** Empty places for lines that have no element of their own. */
export function lineAnchors(from: number, to: number): readonly Element[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => element('span', { id: anchor('line', from + index) }));
}
