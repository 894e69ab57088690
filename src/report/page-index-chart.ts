/** Pictures of many executions, each beside a table that says the same: a strip of verdicts, and a bar a duration. */
import type { PastExecution } from '../model/history.ts';
import { element, type PageNode } from './page-node.ts';
import { renderDuration, verdictMarks } from './verdict-mark.ts';

/** More bars or marks than that are a grey field. */
const mostDrawn = 60;
const barWidth = 8;
const barGap = 3;
const chartHeight = 48;

/** Rules for what this page alone has. */
export const indexStyle = `
.charts{display:flex;flex-wrap:wrap;gap:.4rem 2rem;align-items:end;margin:1rem 0}
.strip{margin:0;line-height:1.5;letter-spacing:.12em;max-width:100%}
.spark{display:block;max-width:100%;height:auto}
.spark rect{fill:var(--c)}
.spark line{stroke:var(--line);stroke-width:1}
figure{margin:0;max-width:100%}figcaption{color:var(--soft);font-size:.8rem}
section{border-top:1px solid var(--line);margin-top:2.4rem;padding-top:.4rem}
section h2{margin-top:1rem;unicode-bidi:isolate}
.banner .small-mark{font-size:1rem}
thead th,td code,.nowrap{white-space:nowrap}
@media (max-width:44rem){table.stack caption{display:block}table.stack td:empty{display:none}.nowrap,td code{white-space:normal}}
`;

/** `✓✗✓✓`, oldest first. */
export function verdictStrip(rows: readonly PastExecution[]): PageNode | undefined {
  const drawn = rows.slice(-mostDrawn);
  if (drawn.length < 2) return undefined;
  const passed = drawn.filter(({ ending, verdict }) => ending === 'ended' && verdict === 'passed').length;
  const told = `Verdicts of ${drawn.length} attempts, oldest first: ${passed} passed, ${drawn.length - passed} not`;
  return element(
    'figure',
    {},
    element(
      'p',
      { className: ['strip'], role: 'img', ariaLabel: told },
      drawn.map((past) => element('span', { className: ['mark', classOf(past)] }, markOf(past))),
    ),
    element('figcaption', {}, 'verdicts, oldest first'),
  );
}

/** Nothing where fewer than two have a duration. `name` makes the ids of its title and description. */
export function durationChart(rows: readonly PastExecution[], name: string): PageNode | undefined {
  const drawn = rows.slice(-mostDrawn).filter(({ durationMs }) => durationMs !== null && durationMs >= 0);
  if (drawn.length < 2) return undefined;
  const times = drawn.map(({ durationMs }) => durationMs ?? 0);
  const longest = Math.max(...times, 1);
  const width = drawn.length * (barWidth + barGap) - barGap;
  const bars = drawn.map((past, index) => {
    // A bar of nothing would look like a gap.
    const height = Math.max(2, Math.round((chartHeight * (past.durationMs ?? 0)) / longest));
    return element('rect', { className: [classOf(past)], x: String(index * (barWidth + barGap)), y: String(chartHeight - height), width: String(barWidth), height: String(height) });
  });
  const said = `${drawn.length} durations, oldest first: from ${renderDuration(Math.min(...times))} to ${renderDuration(longest)}, the newest ${renderDuration(times.at(-1) ?? 0)}. The table below has each.`;
  return element(
    'figure',
    {},
    element(
      'svg',
      { className: ['spark'], role: 'img', ariaLabelledBy: [`${name}-title`], viewBox: `0 0 ${width} ${chartHeight + 1}`, width: String(width), height: String(chartHeight + 1) },
      element('title', { id: `${name}-title` }, said),
      element('line', { x1: "0", y1: String(chartHeight + 0.5), x2: String(width), y2: String(chartHeight + 0.5) }),
      bars,
    ),
    element('figcaption', {}, `durations, at most ${renderDuration(longest)}`),
  );
}

function classOf({ ending, verdict }: PastExecution): string {
  return `v-${ending === 'running' ? 'none' : ending === 'cut' || verdict === null ? 'error' : verdict}`;
}

function markOf({ ending, verdict }: PastExecution): string {
  return ending === 'running' ? '…' : ending === 'cut' || verdict === null ? '-' : verdictMarks[verdict];
}
