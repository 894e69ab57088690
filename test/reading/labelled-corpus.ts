/**
 * Documents of many trades with the disposition that a careful reader gave to each block before the reader of this product
 * saw them: `NAME.md` beside `NAME.labels.tsv` (line, type, label or labels, best first, note).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import type { Disposition, Plan } from '../../src/model/plan.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import { createHash } from 'node:crypto';

export const corpusFolder = 'fixtures/reading/labelled';

export interface LabelledBlock {
  readonly line: number;
  readonly type: string;
  readonly labels: readonly Disposition[];
  readonly text: string;
}

export interface LabelledDocument {
  readonly name: string;
  readonly path: string;
  readonly blocks: readonly LabelledBlock[];
}

export function labelledDocuments(): readonly LabelledDocument[] {
  return readdirSync(corpusFolder)
    .filter((file) => file.endsWith('.labels.tsv'))
    .sort()
    .map((file) => ({
      name: file.replace('.labels.tsv', ''),
      path: `${corpusFolder}/${file.replace('.labels.tsv', '.md')}`,
      blocks: readFileSync(`${corpusFolder}/${file}`, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => {
          const [number = '', type = '', labels = '', text = ''] = line.split('\t');
          return { line: Number(number), type, labels: labels.split('|').map((label) => label.trim() as Disposition), text };
        }),
    }));
}

/** How a block's reading stands to its label. `vanished`: something asked of somebody became mere text. */
export type Agreement = 'agree' | 'reported' | 'vanished' | 'false step' | 'false alarm' | 'other' | 'missing';

const asked: ReadonlySet<Disposition> = new Set(['policy', 'criterion', 'expectation', 'step', 'task', 'precondition', 'capture', 'report field']);
const idle: ReadonlySet<Disposition> = new Set(['narrative', 'reference', 'metadata']);

export function compareReading(labels: readonly Disposition[], read: Disposition | undefined): Agreement {
  if (read === undefined) return 'missing';
  if (labels.includes(read)) return 'agree';
  const best = labels[0] ?? 'narrative';
  if (read === 'unclaimed') return labels.some((label) => asked.has(label)) ? 'reported' : 'false alarm';
  if (read === 'step') return 'false step';
  if (idle.has(read) && asked.has(best) && !labels.some((label) => idle.has(label))) return 'vanished';
  return 'other';
}

export interface ReadDocument {
  readonly document: LabelledDocument;
  readonly plan: Plan | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly blocks: readonly (LabelledBlock & { readonly read: Disposition | undefined; readonly reason: string; readonly agreement: Agreement })[];
}

export async function readLabelled(document: LabelledDocument, parser: SqlParser): Promise<ReadDocument> {
  const { plan, diagnostics } = await compilePlan({
    path: document.path,
    bytes: readFileSync(document.path),
    parser,
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
  const blocks = document.blocks.map((block) => {
    const found = plan?.blocks.find((candidate) => candidate.span.start.line === block.line && candidate.type === block.type);
    return { ...block, read: found?.disposition, reason: found?.reason ?? '', agreement: compareReading(block.labels, found?.disposition) };
  });
  return { document, plan, diagnostics, blocks };
}
