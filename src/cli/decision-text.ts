/** What `decide` answers: as data (`schemas/decide.schema.json`), and in the words of a terminal. */
import type { ChalkInstance } from 'chalk';
import type { Decision } from '../model/policy.ts';
import { stripToLine } from '../report/strip-control.ts';
import { shortenText } from './shorten-text.ts';

interface Placed {
  readonly text: string;
  /** From 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly decision: Decision;
}

export interface DecidedStatement extends Placed {
  readonly kind: string;
  readonly writes: readonly { readonly relation: string; readonly columns: readonly string[] }[];
}

export type DecisionAnswer =
  | { readonly decision: Decision; readonly statements: readonly DecidedStatement[] }
  | { readonly decision: Decision; readonly findings: readonly Placed[] };

export interface CataloguePlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export type DecisionData = {
  readonly schemaVersion: 1;
  readonly dialect: 'sql' | 'shell';
  readonly capability: string;
  readonly protect: readonly string[];
  /** The database whose catalogue was followed; null where the text alone was judged. */
  readonly catalogue: CataloguePlace | null;
} & DecisionAnswer;

const shownText = 100;

/** The decision first, then a line for each statement or finding. */
export function renderDecision(data: DecisionData, colours: ChalkInstance): string {
  const placed = 'statements' in data ? data.statements : data.findings;
  const shown = placed.map(
    ({ line, column, decision, text }) =>
      `  ${line}:${column} ${renderDecided(decision, colours)}\n      ${colours.dim(shortenText(text, shownText))}`,
  );
  return [renderDecided(data.decision, colours), ...shown].join('\n');
}

/** A reason holds names out of the text that was judged. */
function renderDecided({ effect, rule, reason }: Decision, colours: ChalkInstance): string {
  return `${effect === 'permit' ? colours.green(`permitted[${rule}]:`) : colours.red(`refused[${rule}]:`)} ${stripToLine(reason)}`;
}
