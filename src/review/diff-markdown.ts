/** A diff as Markdown for a pull request: what is weaker or unclear is open, the rest is folded. */
import type { Change, ChangeClass, ComparedLine } from './compare-change.ts';
import { groupChanges, renderCounts, renderMessages, type ChangeGroup, type Diff, type DiffedPlan } from './diff-data.ts';
import { plainLine } from './plain-text.ts';

/** Folded: nobody has to look at them. */
const folded: ReadonlySet<ChangeClass> = new Set(['stronger', 'equal']);

/** Markdown without a last line feed. Nothing of the plans is read as Markdown: it stands in code. */
export function renderDiffMarkdown(diff: Diff): string {
  const groups = groupChanges(diff.changes);
  const classes = [...new Set(groups.map((group) => group.class))];
  return [
    `### ${code(diff.old.path)} → ${code(diff.new.path)}`,
    `**${renderCounts(diff.counts)}**`,
    ...[diff.old, diff.new].flatMap(messages),
    ...classes.flatMap((each) =>
      renderClass(
        each,
        groups.filter((group) => group.class === each),
        diff,
      ),
    ),
  ].join('\n\n');
}

function messages(plan: DiffedPlan): readonly string[] {
  const said = renderMessages(plan);
  return said === '' ? [] : [`${code(plan.path)} has ${said}${plan.errors === 0 ? '' : ' and is compared as far as it was read'}.`];
}

function renderClass(is: ChangeClass, groups: readonly ChangeGroup[], diff: Diff): readonly string[] {
  const body = groups.flatMap((group) => [`**${group.headline}:** ${plainLine(group.reason)}`, fence(group.changes.flatMap((change) => both(change, diff)))]);
  const title = `${is} (${diff.counts[is]})`;
  return folded.has(is) ? [`<details><summary>${title}</summary>`, ...body, '</details>'] : [`#### ${title}`, ...body];
}

function both(change: Change, diff: Diff): readonly string[] {
  return [
    ...(change.old === undefined ? [] : [row('-', change.old, diff.old.path)]),
    ...(change.new === undefined ? [] : [row('+', change.new, diff.new.path)]),
  ];
}

function row(sign: '-' | '+', at: ComparedLine, path: string): string {
  return `${sign} ${at.path === path ? at.line : plainLine(`${at.path}:${at.line}`)}: ${plainLine(at.text)}`;
}

/** Longer than every run of backticks in it, so that no text of a plan ends it. */
function fence(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const ticks = '`'.repeat(longest + 1);
  return [`${ticks}diff`, ...lines, ticks].join('\n');
}

function code(text: string): string {
  const plain = plainLine(text);
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${plain}\`` : `${ticks} ${plain} ${ticks}`;
}
