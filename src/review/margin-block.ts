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
  const unread = new Set<ExplainedBlock>();
  for (const [index, block] of blocks.entries()) {
    if (parts.has(block)) continue;
    const inside = partsOf(index, blocks, parts);
    const rest: string[] = [];
    for (const became of block.becomes.filter((each) => !told.has(each))) {
      told.add(became);
      // A sentence of a paragraph with labels is shown at its own line, not at that of the first label.
      const line = lineOf(became, explanation);
      const part = line === undefined ? undefined : inside.find((each) => each.type === 'label' && each.line <= line && each.endLine >= line);
      if (part === undefined) rest.push(became);
      else moved.set(part, [...(moved.get(part) ?? []), became]);
    }
    containers.set(block, rest);
    const isOpen = block.disposition === 'unclaimed' || block.disposition === 'unread';
    if (isOpen && !inside.some((part) => part.disposition === block.disposition)) unread.add(block);
  }
  const shown = blocks.flatMap((block): readonly ExplainedBlock[] => {
    const rest = containers.get(block);
    if (rest !== undefined) return rest.length > 0 || unread.has(block) ? [{ ...block, becomes: rest }] : [];
    return block.type === 'rule' ? [] : [{ ...block, becomes: [...block.becomes, ...(moved.get(block) ?? [])] }];
  });
  const messages = messagesOf(shown, explanation);
  const items = blocks.filter((block) => block.type === 'list-item');
  const itemLines = new Set(items.flatMap((item) => Array.from({ length: item.endLine - item.line + 1 }, (_, index) => item.line + index)));
  return shown.map((block) => ({ ...block, messages: messages.get(block) ?? [], listed: block.type === 'table-row' || itemLines.has(block.line) }));
}

/** What stands in a container follows it. */
function partsOf(container: number, blocks: readonly ExplainedBlock[], parts: ReadonlySet<ExplainedBlock>): readonly ExplainedBlock[] {
  const inside: ExplainedBlock[] = [];
  const last = blocks[container]?.endLine ?? 0;
  for (let index = container + 1; index < blocks.length; index += 1) {
    const block = blocks[index];
    if (block === undefined || block.line > last) break;
    if (parts.has(block)) inside.push(block);
  }
  return inside;
}

function lineOf(became: string, { policies, criteria, tasks, preconditions }: Explanation): number | undefined {
  const [, noun, id] = /^(policy|criterion|task|precondition) (\S+)/.exec(became) ?? [];
  const all = { policy: policies, criterion: criteria, task: tasks, precondition: preconditions }[noun ?? ''];
  return all?.find((each) => each.id === id || each.id.replace(/^\D+/, '') === id)?.line ?? undefined;
}

/** Each message at the last shown block that begins on its line or before. Both come in the order of the text. */
function messagesOf(shown: readonly ExplainedBlock[], { plan, diagnostics }: Explanation): ReadonlyMap<ExplainedBlock, readonly PlacedDiagnostic[]> {
  const messages = new Map<ExplainedBlock, PlacedDiagnostic[]>();
  const own = diagnostics.filter((diagnostic) => diagnostic.path === plan?.path && diagnostic.line !== undefined);
  let index = 0;
  for (const diagnostic of own.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))) {
    while ((shown[index + 1]?.line ?? Number.POSITIVE_INFINITY) <= (diagnostic.line ?? 0)) index += 1;
    const block = shown[index];
    if (block !== undefined) messages.set(block, [...(messages.get(block) ?? []), diagnostic]);
  }
  return messages;
}
