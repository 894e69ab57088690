/** The acts as the tables of `docs/workarounds.md`. */
import type { Act } from './act.ts';
import type { ActGroup } from './act-table.ts';
import { folded } from './expect-act.ts';

const by: Readonly<Record<Act['by'], string>> = {
  author: 'in the plan or its values',
  program: 'by a program',
  accomplice: 'beside the runner',
  afterwards: 'afterwards',
};

const cell = (text: string): string => folded(text).replaceAll('|', '\\|');
/** Words of the runner stand as code, and a back quote in them would end it. */
const said = (text: string): string => `\`${cell(text).replaceAll('`', "'")}\``;

/** One section a heading, one table a phrase of the list. */
export function renderActs(groups: readonly ActGroup[]): string {
  return groups.map(renderGroup).join('\n\n');
}

function renderGroup({ heading, acts }: ActGroup): string {
  const quotes = [...new Set(acts.map(({ quote }) => quote))];
  const parts = quotes.map((quote) =>
    renderQuote(
      quote,
      acts.filter((act) => act.quote === quote),
    ),
  );
  return [`## ${heading}`, ...parts].join('\n\n');
}

function renderQuote(quote: string, acts: readonly Act[]): string {
  const rows = acts.map(({ done, by: who, exitCode, verdict, names, kept, layer }) => {
    const end = verdict === 'none' ? `exit ${exitCode}` : `${verdict}, exit ${exitCode}`;
    return `| ${cell(done)} (${by[who]}) | ${end} | ${names.map(said).join('<br>')} | ${kept}: ${cell(layer)} |`;
  });
  return [`> ${folded(quote)}`, '', '| what is done | ends as | what the runner says | how it is kept |', '|---|---|---|---|', ...rows].join('\n');
}

/** How many acts end in what, and how many take no effect at all. */
export function renderSums(groups: readonly ActGroup[]): string {
  const lines = groups.map(({ heading, acts }) => {
    const count = (test: (act: Act) => boolean): number => acts.filter(test).length;
    const ends = (['refused', 'failed', 'unproven', 'error', 'none'] as const).map((verdict) => count((act) => act.verdict === verdict));
    return [heading, acts.length, count(({ kept }) => kept === 'prevented'), count(({ kept }) => kept === 'detected'), ...ends];
  });
  const sums = lines.reduce<readonly number[]>((total, line) => line.slice(1).map((value, index) => Number(value) + (total[index] ?? 0)), []);
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['', 'acts', 'prevented', 'detected', 'refused', 'failed', 'unproven', 'error', 'not executed, or found afterwards']),
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...lines.map(row),
    row(['together', ...sums]),
  ].join('\n');
}
