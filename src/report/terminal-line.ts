/** How a line about one thing is laid out: in a pipe it stays one line, so that it can be searched for; on a terminal it is broken at words. */
import { displayWidth, wrapProse } from './display-width.ts';

export interface TerminalLine {
  /** Before the text, such as a mark and a number; it may be coloured. */
  readonly lead: string;
  /** The same without colours. */
  readonly plainLead: string;
  readonly text: string;
  /** Behind the text, after two spaces. */
  readonly facts?: string;
  readonly paintFacts?: (text: string) => string;
}

/** Below this, what belongs to a line stands further to the left than it. */
const hanging = 4;

/** One or several lines without a last line feed. `columns` is undefined where nothing is broken. */
export function renderLine({ lead, plainLead, text, facts = '', paintFacts = (plain) => plain }: TerminalLine, columns: number | undefined): string {
  const tail = facts === '' ? '' : `  ${facts}`;
  const leadCells = displayWidth(plainLead);
  if (columns === undefined || leadCells + displayWidth(text) + displayWidth(tail) < columns) return `${lead}${text}${paintFacts(tail)}`.trimEnd();
  const below = leadCells > columns / 3;
  const indent = below ? hanging + (/^ */.exec(plainLead)?.[0].length ?? 0) : leadCells;
  const room = Math.max(1, columns - 1 - indent);
  const lines = wrapProse(text, room);
  const last = lines.at(-1) ?? '';
  const beside = facts !== '' && displayWidth(last) + displayWidth(tail) <= room;
  const pad = ' '.repeat(indent);
  const body = [
    ...lines.slice(0, -1),
    `${last}${beside ? paintFacts(tail) : ''}`,
    ...(facts === '' || beside ? [] : wrapProse(facts, room).map((line) => paintFacts(line))),
  ];
  return (below ? [lead.trimEnd(), ...body.map((line) => `${pad}${line}`)] : body.map((line, index) => `${index === 0 ? lead : pad}${line}`)).join('\n');
}

/** What to do about it, below what it is about; on a narrow terminal as far to the left as that stands there. */
export function renderRemedy(text: string, indent: number, columns: number | undefined): string {
  const lead = `${' '.repeat(columns !== undefined && indent > columns / 3 ? hanging : indent)}→ `;
  return renderLine({ lead, plainLead: lead, text }, columns);
}
