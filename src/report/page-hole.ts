/**
 * The holes of a plan's own report template. Before the plan is parsed each is written over with as many units of a character that
 * the plan does not hold, so that `<run_id>` is no tag and no place moves; in the tree the value takes the character's place.
 */
import type { EventData } from '../model/event.ts';
import { element, type PageContent } from './page-node.ts';
import { shorten } from './page-detail.ts';

type Field = EventData['report-field'];

export interface MaskedPlan {
  readonly text: string;
  /** The content of a literal node that stands at these offsets of the plan: its text with values in place. */
  readonly fill: (value: string, start: number, end: number) => PageContent;
  /** For text that cannot hold a value, such as an address. */
  readonly plain: (value: string) => string;
}

const mostHole = 500;

export function maskHoles(text: string, fields: Iterable<Field>, planPath: string): MaskedPlan {
  const mask = Array.from({ length: 64 }, (_, index) => String.fromCharCode(0xe000 + index)).find((unit) => !text.includes(unit));
  const holes = mask === undefined ? [] : holesIn(text, fields, planPath);
  if (mask === undefined || holes.length === 0) return { text, fill: (value) => value, plain: (value) => value };
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of holes) {
    parts.push(text.slice(at, from), mask.repeat(to - from));
    at = to;
  }
  const masked = [...parts, text.slice(at)].join('');
  const runs = new RegExp(`${mask}+`, 'g');
  return {
    text: masked,
    plain: (value) => value.replace(runs, '<…>'),
    fill: (value, start, end) => {
      if (!value.includes(mask)) return value;
      const inside = holes.filter(({ from, to }) => from >= start && to <= end);
      const content: PageContent[] = [];
      let rest = value;
      for (const { from, to, field } of inside) {
        const found = rest.indexOf(mask);
        if (found < 0) break;
        content.push(rest.slice(0, found), filledNode(field, text.slice(from, to)));
        rest = rest.slice(found + to - from);
      }
      return [...content, rest.replace(runs, '<…>')];
    },
  };
}

function filledNode({ value, label }: Field, hole: string): PageContent {
  return value === undefined
    ? element('span', { className: ['hole'] }, hole, element('span', { className: ['mark', 'v-unproven'] }, ' ? not filled'))
    : element('span', { className: ['filled'], title: `${label}: filled from evidence` }, shorten(value));
}

/** In order, none over another; what the journal says about places is believed as far as the plan bears it out. */
function holesIn(text: string, fields: Iterable<Field>, planPath: string): readonly { readonly from: number; readonly to: number; readonly field: Field }[] {
  const found: { from: number; to: number; field: Field }[] = [];
  const sorted = [...fields].filter(({ hole }) => hole.path === planPath).toSorted((a, b) => a.hole.start.offset - b.hole.start.offset);
  for (const field of sorted) {
    const [from, to] = [field.hole.start.offset, field.hole.end.offset];
    const fits = Number.isInteger(from) && Number.isInteger(to) && from >= (found.at(-1)?.to ?? 0) && to > from && to <= text.length && to - from <= mostHole;
    if (fits && !/[\r\n]/.test(text.slice(from, to))) found.push({ from, to, field });
  }
  return found;
}
