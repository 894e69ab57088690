/** When each step ran: bars in one picture, and the same as a table, which is the list of all steps. */
import { stepLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { tableNode, verdictNode } from './page-part.ts';
import type { PageRecord, PageStep } from './page-record.ts';
import { isUnderWay, stepMark, stepVerdict } from './page-step.ts';
import { count, renderDuration, verdictMarks } from './verdict-mark.ts';

const mostBars = 120;
const mostRows = 1_000;
const [width, rowHeight, labelWidth, tailWidth] = [720, 18, 64, 60];

/** `now`, in milliseconds since 1970: the execution goes on, and so does a step without an end. */
export function timelineSection(record: PageRecord, places: PagePlaces, now?: number): PageContent {
  const steps = [...record.steps.values()];
  if (steps.length === 0) return undefined;
  const begin = Date.parse(record.firstAt ?? '');
  // What did not pass is listed whatever its number.
  const listed = steps.length <= mostRows ? steps : steps.filter((step, index) => index < mostRows / 2 || stepVerdict(step) !== 'passed').slice(0, mostRows);
  const rows = listed.map((step) => ({
    cells: [
      stepLink(places, step.id, step.id),
      shorten(step.planned?.title ?? step.ended?.title ?? '', 200),
      step.planned?.kind ?? step.ended?.kind ?? '',
      isUnderWay(step) && now !== undefined ? verdictNode('none', 'under way') : stepMark(step),
      startOf(step, begin),
      Number.isFinite(tookMs(step, now)) ? renderDuration(tookMs(step, now)) : '',
    ],
  }));
  const columns = [
    { title: 'step' },
    { title: 'title' },
    { title: 'kind' },
    { title: 'verdict' },
    { title: 'began after', number: true as const },
    { title: 'took', number: true as const },
  ];
  const left = steps.length - listed.length;
  const table = [
    tableNode('All steps in the order of the plan.', columns, rows),
    left > 0 ? element('p', { className: ['left-out'] }, `${count(left, 'step')} more, all passed: proofplan show .`) : undefined,
  ];
  return element(
    'section',
    { ariaLabelledBy: ['timeline'] },
    element('h2', { id: 'timeline' }, 'Steps and time'),
    pictureNode(steps, begin, now),
    steps.length <= 60 ? table : element('details', {}, element('summary', {}, `${count(steps.length, 'step')} as a table`), element('div', {}, table)),
  );
}

function startOf({ startedAt }: PageStep, begin: number): string {
  const after = Date.parse(startedAt ?? '') - begin;
  return Number.isFinite(after) ? renderDuration(Math.max(0, after)) : '';
}

/** NaN where nobody knows. */
function tookMs(step: PageStep, now: number | undefined): number {
  if (step.ended) return step.ended.durationMs;
  return isUnderWay(step) && now !== undefined ? Math.max(0, now - Date.parse(step.startedAt ?? '')) : Number.NaN;
}

function pictureNode(all: readonly PageStep[], begin: number, now: number | undefined): PageContent {
  const wide = (step: PageStep): number => tookMs(step, now) || 0;
  const timed = all.filter(({ startedAt }) => Number.isFinite(Date.parse(startedAt ?? '')));
  // Of many steps the longest are drawn: the others would be no wider than a line.
  const longest = timed.length <= mostBars ? timed : new Set(timed.toSorted((a, b) => wide(b) - wide(a)).slice(0, mostBars));
  const bars = timed.length <= mostBars ? timed : timed.filter((step) => (longest as ReadonlySet<PageStep>).has(step));
  if (bars.length === 0 || !Number.isFinite(begin)) return undefined;
  const end = Math.max(begin + 1, ...bars.map((step) => Date.parse(step.startedAt ?? '') + wide(step)));
  const scale = (width - labelWidth - tailWidth) / (end - begin);
  const height = bars.length * rowHeight + 4;
  const told = `${count(all.length, 'step')} in ${renderDuration(end - begin)}${bars.length < timed.length ? `; the ${bars.length} longest are drawn` : ''}. The same stands in the table below.`;
  return element(
    'svg',
    {
      className: ['timeline'],
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      ariaLabelledBy: ['timeline-title', 'timeline-told'],
      preserveAspectRatio: 'xMinYMin',
    },
    element('title', { id: 'timeline-title' }, 'When each step ran'),
    element('desc', { id: 'timeline-told' }, told),
    bars.map((step, index) =>
      barNode(
        step,
        index * rowHeight + 2,
        (Date.parse(step.startedAt ?? '') - begin) * scale,
        Math.max(2, wide(step) * scale),
        Number.isFinite(tookMs(step, now)) ? renderDuration(tookMs(step, now)) : '',
      ),
    ),
  );
}

function barNode(step: PageStep, y: number, from: number, wide: number, took: string): PageNode {
  const verdict = stepVerdict(step);
  const x = Math.min(width - tailWidth - 2, labelWidth + Math.max(0, from));
  const shown = Math.min(wide, width - tailWidth - x);
  return element(
    'g',
    { className: [`v-${verdict}`] },
    element('text', { x: '0', y: String(y + 12), className: ['label'] }, `${verdictMarks[verdict]} ${shorten(step.id, 8)}`),
    element('rect', { x: round(x), y: String(y + 2), width: round(shown), height: String(rowHeight - 6), rx: '2' }),
    element('text', { x: round(x + shown + 4), y: String(y + 12), className: ['took'] }, took),
  );
}

function round(value: number): string {
  return value.toFixed(1);
}
