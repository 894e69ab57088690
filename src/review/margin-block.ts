/** Which blocks of a document are shown, and what stands beside each: what it became, and the messages about its lines. */
import type { ExplainedBlock, Explanation } from './explanation.ts';
import type { PlacedDiagnostic } from './placed-diagnostic.ts';

export interface MarginBlock extends ExplainedBlock {
  readonly messages: readonly PlacedDiagnostic[];
  /** Stands in a list or a table. */
  readonly listed: boolean;
}

/**
 * A list, an item or a paragraph of several lines stands for its parts: it is shown only where it says more than they do, and then
 * only that. Blocks come in the order of the text, so that one is a container if the next begins on its lines. A rule between
 * sections says nothing at all.
 */
export function marginBlocks(explanation: Explanation): readonly MarginBlock[] {
  const { blocks } = explanation;
  const parts = new Set(blocks.filter((block, index) => (blocks[index + 1]?.line ?? Number.POSITIVE_INFINITY) > block.endLine));
  const told = new Set([...parts].flatMap((block) => block.becomes));
  const moved = new Map<ExplainedBlock, string[]>();
  const containers = new Map<ExplainedBlock, readonly string[]>();
  for (const block of blocks) {
    if (parts.has(block)) continue;
    const own = block.becomes.filter((became) => !told.has(became));
    for (const became of own) told.add(became);
    // A sentence of a paragraph with labels is shown at its own line, not at that of the first label.
    const place = (became: string): ExplainedBlock | undefined => partAt(lineOf(became, explanation), block, parts);
    for (const became of own) {
      const part = place(became);
      if (part !== undefined) moved.set(part, [...(moved.get(part) ?? []), became]);
    }
    containers.set(
      block,
      own.filter((became) => place(became) === undefined),
    );
  }
  const shown = blocks.flatMap((block): readonly ExplainedBlock[] => {
    const rest = containers.get(block);
    if (rest !== undefined)
      return rest.length > 0 || ((block.disposition === 'unclaimed' || block.disposition === 'unread') && !hasSame(block, parts))
        ? [{ ...block, becomes: rest }]
        : [];
    return block.type === 'rule' ? [] : [{ ...block, becomes: [...block.becomes, ...(moved.get(block) ?? [])] }];
  });
  const messages = messagesOf(shown, explanation);
  const items = blocks.filter((block) => block.type === 'list-item');
  const itemLines = new Set(items.flatMap((item) => Array.from({ length: item.endLine - item.line + 1 }, (_, index) => item.line + index)));
  return shown.map((block) => ({ ...block, messages: messages.get(block) ?? [], listed: block.type === 'table-row' || itemLines.has(block.line) }));
}

/** A part that says itself that it was not understood. */
function hasSame(container: ExplainedBlock, parts: ReadonlySet<ExplainedBlock>): boolean {
  return [...parts].some((part) => part.disposition === container.disposition && part.line >= container.line && part.endLine <= container.endLine);
}

function partAt(line: number | undefined, container: ExplainedBlock, parts: ReadonlySet<ExplainedBlock>): ExplainedBlock | undefined {
  if (line === undefined) return undefined;
  return [...parts].find(
    (part) => part.type === 'label' && part.line <= line && part.endLine >= line && part.line >= container.line && part.endLine <= container.endLine,
  );
}

function lineOf(became: string, { policies, criteria, tasks, preconditions }: Explanation): number | undefined {
  const [, noun, id] = /^(policy|criterion|task|precondition) (\S+)/.exec(became) ?? [];
  const all = { policy: policies, criterion: criteria, task: tasks, precondition: preconditions }[noun ?? ''];
  return all?.find((each) => each.id === id || each.id.replace(/^\D+/, '') === id)?.line ?? undefined;
}

/** Each message at the last shown block that begins on its line or before. */
function messagesOf(shown: readonly ExplainedBlock[], { plan, diagnostics }: Explanation): ReadonlyMap<ExplainedBlock, readonly PlacedDiagnostic[]> {
  const messages = new Map<ExplainedBlock, PlacedDiagnostic[]>();
  for (const diagnostic of diagnostics) {
    const { line } = diagnostic;
    if (line === undefined || diagnostic.path !== plan?.path) continue;
    const block = shown.findLast((each) => each.line <= line) ?? shown[0];
    if (block !== undefined) messages.set(block, [...(messages.get(block) ?? []), diagnostic]);
  }
  return messages;
}
