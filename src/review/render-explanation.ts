/** `explain` for people: the document's blocks with line numbers in the margin, what each became, and the account at the end. */
import { describe, type Detail } from './describe-reading.ts';
import type { Explanation } from './explanation.ts';
import { marginBlocks, type MarginBlock } from './margin-block.ts';
import { cutLine, hanging, plainStyle, wrapText, type PageStyle, type Tone } from './page-style.ts';
import { plainLine, plainLines } from './plain-text.ts';

const dispositionWidth = 12;

/** Below this the reading stands under its line, not beside it. */
const narrowColumns = 60;

/** Rows that a sentence which means something may take; one that means nothing takes one. */
const mostRows = 3;

/** A block of code with more lines is cut, and then shows so many. */
const mostCodeLines = 8;
const cutCodeLines = 5;

/** So many lines of a list or table that are all read alike are shown; more are counted. */
const mostAlike = 4;

const tones: Readonly<Record<MarginBlock['disposition'], Tone>> = {
  metadata: 'quiet',
  narrative: 'quiet',
  reference: 'quiet',
  step: 'step',
  policy: 'rule',
  precondition: 'rule',
  task: 'warning',
  expectation: 'good',
  capture: 'good',
  criterion: 'good',
  'report field': 'good',
  unread: 'bad',
  unclaimed: 'bad',
};

/** Text without a last line feed, never wider than the columns. No control character of the plan is in it. */
export function renderExplanation(explanation: Explanation, style: PageStyle = plainStyle): string {
  const margin = Math.max(3, String(explanation.blocks.at(-1)?.endLine ?? 0).length);
  const narrow = style.columns < narrowColumns;
  const indent = narrow ? margin + 2 : margin + 2 + dispositionWidth + 2;
  const layout: Layout = { style, margin, indent, narrow };
  const said = new Set<string>();
  let reason: string | undefined;
  const read = marginBlocks(explanation).map((block): ReadBlock => {
    // A reason that holds for a whole section is said at its first block.
    const again = block.reason === reason && block.becomes.length === 0 && block.disposition === 'reference';
    reason = block.reason;
    return { block, details: detailsOf(block, again ? undefined : block.reason, explanation, said) };
  });
  const blocks = foldAlike(read, layout);
  const { plan } = explanation;
  return [
    ...(plan === undefined
      ? []
      : [...hanging(`${plan.path}: ${plan.title}`, 0, style), ...(plan.addendum === undefined ? [] : hanging(`with ${plan.addendum.path}`, 0, style))]),
    ...(blocks.length === 0 ? [] : ['']),
    ...blocks,
    ...elsewhere(explanation, said, layout),
    ...section(
      'placeholders',
      explanation.placeholders.flatMap((each) => hanging(renderPlaceholder(each), 2, style)),
      style,
    ),
    ...(explanation.protectedTables.length === 0
      ? []
      : ['', ...wrapText(`tables that only the production path may write: ${explanation.protectedTables.join(', ')}`, style.columns, style)]),
    '',
    ...wrapText(renderCounts(explanation), style.columns, style),
    ...(explanation.counts.total === 0 ? [] : wrapText(renderAccount(explanation), style.columns, style)),
  ].join('\n');
}

interface Layout {
  readonly style: PageStyle;
  readonly margin: number;
  readonly indent: number;
  readonly narrow: boolean;
}

/** What stands in no block: a step that an addendum adds, the project's baseline, and everything of a YAML plan, which has no blocks. */
function elsewhere(explanation: Explanation, said: ReadonlySet<string>, layout: Layout): readonly string[] {
  const { plan, preconditions, tasks, policies, steps, criteria, report } = explanation;
  const inBlocks = new Set([...said].map((became) => became.replace(/ \(.*\)$/, '').replace(/^probe /, 'step ')));
  for (const check of preconditions.flatMap((precondition) => precondition.checks)) inBlocks.add(check.replace(/ holds$/, ''));
  const isYaml = plan?.form === 'yaml';
  const numbered = (noun: string, all: readonly { readonly id: string; readonly line: number | null; readonly text?: string }[]) =>
    all.map(({ id, line, text }) => ({
      name: `${noun} ${noun === 'precondition' || noun === 'task' ? id.replace(/^\D+/, '') : id}`,
      line,
      sentence: noun === 'step' ? undefined : text,
    }));
  const fields = report.map(({ label, line }) => ({ name: `report field "${label}"`, line, sentence: undefined }));
  const kinds = {
    preconditions: numbered('precondition', preconditions),
    tasks: numbered('task', tasks),
    policies: numbered('policy', policies),
    steps: numbered('step', steps),
    criteria: numbered('criterion', criteria),
    'report fields': isYaml ? fields : [],
  };
  return Object.entries(kinds).flatMap(([title, all]) => {
    const lines = all
      .filter(({ name }) => !inBlocks.has(name))
      .flatMap(({ name, line, sentence }) => {
        const [first, ...more] = describe(name, explanation);
        const at = isYaml && line !== null ? `line ${line}: ` : '';
        const head: readonly Detail[] = [
          { mark: '→ ', text: `${at}${first?.text ?? name}` },
          ...(sentence === undefined ? [] : [{ mark: '  ', text: sentence } as const]),
        ];
        return [...head, ...more].flatMap((detail) => renderDetail(detail, { ...layout, indent: 2 }));
      });
    return section(isYaml ? title : `${title} that stand in no block of the document`, lines, layout.style);
  });
}

interface ReadBlock {
  readonly block: MarginBlock;
  readonly details: readonly Detail[];
}

function detailsOf(block: MarginBlock, reason: string | undefined, explanation: Explanation, said: Set<string>): readonly Detail[] {
  const known = block.becomes.filter((became) => said.has(became));
  const details = block.becomes.filter((became) => !said.has(became)).flatMap((became) => describe(became, explanation));
  for (const became of block.becomes) said.add(became);
  // What was described above is only named here, with the reason on the same line.
  const again: readonly Detail[] =
    known.length === 0 ? [] : [{ text: [known.join(', '), ...(details.length === 0 && reason !== undefined ? [reason] : [])].join(': '), mark: '→ ' }];
  return [
    ...details,
    ...again,
    ...(block.boundBy === undefined ? [] : [{ text: 'bound by the addendum', mark: '+ ' } as const]),
    ...(reason === undefined || (again.length > 0 && details.length === 0) ? [] : [{ text: reason, mark: '  ' } as const]),
    ...block.messages.map(({ severity, code, message }) => ({ text: `${severity}[${code}]: ${message}`, mark: '! ' }) as const),
  ];
}

/** Lines of a list or table that are all read alike are shown up to a number, and then counted. */
function foldAlike(blocks: readonly ReadBlock[], layout: Layout): readonly string[] {
  const key = ({ block, details }: ReadBlock): string =>
    block.listed && block.type !== 'code' ? [block.disposition, block.reason ?? '', ...details.map((detail) => detail.text)].join('\n') : '';
  const lines: string[] = [];
  for (let index = 0; index < blocks.length; ) {
    const first = blocks[index];
    if (first === undefined) break;
    let end = index + 1;
    while (end < blocks.length && key(first) !== '' && key(blocks[end] ?? first) === key(first)) end += 1;
    const run = blocks.slice(index, end);
    const folded = run.length > mostAlike + 1 ? run.slice(mostAlike) : [];
    for (const read of run.slice(0, run.length - folded.length)) lines.push(...renderBlock(read, layout));
    const last = folded.at(-1)?.block.endLine;
    if (last !== undefined) lines.push(layout.style.paint(`${'⋮'.padStart(layout.margin)}  ${folded.length} more like these, to line ${last}`, 'quiet'));
    index = end;
  }
  return lines;
}

function renderBlock({ block, details }: ReadBlock, layout: Layout): readonly string[] {
  const { style, margin, indent, narrow } = layout;
  const tone = tones[block.disposition];
  const number = style.paint(String(block.line).padStart(margin), 'number');
  const room = style.columns - indent;
  const [first = '', ...more] =
    block.type === 'code' && block.source !== undefined ? codeLines(block, layout) : sentence(block, room, style).map((text) => `${' '.repeat(indent)}${text}`);
  const head = narrow
    ? [`${number}  ${style.paint(block.disposition, tone)}`, first]
    : [`${number}  ${style.paint(block.disposition.padEnd(dispositionWidth), tone)}  ${first.slice(indent)}`];
  return [...head, ...more, ...details.flatMap((detail) => renderDetail(detail, layout))].map((line) => line.trimEnd());
}

/** What means nothing takes one row; what means something is read before it is executed. */
function sentence({ text, source, disposition }: MarginBlock, room: number, style: PageStyle): readonly string[] {
  if (tones[disposition] === 'quiet') return [cutLine(plainLine(text), room, style)];
  const rows = wrapText(source ?? text, room, style);
  return rows.length <= mostRows ? rows : [...rows.slice(0, mostRows - 1), cutLine(`${rows[mostRows - 1] ?? ''} …`, room, style)];
}

/** A block of code with numbers at its lines: these are what is executed. */
function codeLines({ line, column, source = '' }: MarginBlock, { style, margin, indent }: Layout): readonly string[] {
  const [fence = '', ...rest] = plainLines(source).map((text, index) => (index === 0 ? text : text.replace(new RegExp(`^[ >]{0,${column - 1}}`), '')));
  const body = /^(?:`{3,}|~{3,})/.test(rest.at(-1) ?? '') ? rest.slice(0, -1) : rest;
  const shown = body.length > mostCodeLines ? body.slice(0, cutCodeLines) : body;
  const left = body.length - shown.length;
  return [
    `${' '.repeat(indent)}${cutLine(fence, style.columns - indent, style)}`,
    ...shown.map(
      (text, index) =>
        `${style.paint(String(line + index + 1).padStart(margin), 'number')}${' '.repeat(indent - margin)}${cutLine(text, style.columns - indent, style)}`,
    ),
    ...(left === 0 ? [] : [`${style.paint('⋮'.padStart(margin), 'number')}${' '.repeat(indent - margin)}${style.paint(`${left} more lines`, 'quiet')}`]),
  ];
}

function renderDetail({ text, mark }: Detail, { style, indent }: Layout): readonly string[] {
  const rows = wrapText(text, style.columns - indent - mark.length, style);
  return rows.map((row, index) => {
    const line = `${index === 0 ? mark : ' '.repeat(mark.length)}${row}`;
    return `${' '.repeat(indent)}${mark === '! ' ? style.paint(line, text.startsWith('warning[') ? 'warning' : 'bad') : line}`;
  });
}

function renderPlaceholder({ name, type, suppliedBy, neededBy, secret }: Explanation['placeholders'][number]): string {
  const given = `given from outside: --set${secret ? '-secret' : ''} ${name}=…`;
  const filled =
    suppliedBy === null
      ? 'nothing fills it'
      : suppliedBy === 'an input'
        ? given
        : suppliedBy === 'the runner'
          ? "filled by the runner with the guard's address"
          : `recorded by ${suppliedBy}`;
  return `<${name}> (${type}${secret ? ', secret' : ''}) ${filled}${neededBy.length === 0 ? '' : `; needed by ${neededBy.join(', ')}`}`;
}

/** `16 steps, 30 expectations, 5 criteria (1 unproven), …`: what there is none of is left out, but for steps and expectations. */
function renderCounts({ steps, criteria, policies, tasks, placeholders }: Explanation): string {
  const unproven = criteria.filter((criterion) => criterion.clauses.some((clause) => clause.witnesses.length === 0)).length;
  const decisions = tasks.filter((task) => task.condition !== undefined).length;
  const expectations = steps.flatMap((step) => step.expectations).length;
  const parts: readonly (readonly [number: number, one: string, several: string, note?: string])[] = [
    [steps.length, 'step', 'steps'],
    [expectations, 'expectation', 'expectations'],
    [criteria.length, 'criterion', 'criteria', unproven === 0 ? '' : ` (${unproven} unproven)`],
    [policies.length, 'policy', 'policies'],
    [tasks.length - decisions, 'task for a person', 'tasks for people'],
    [decisions, 'decision of a person', 'decisions of people'],
    [placeholders.length, 'placeholder', 'placeholders'],
  ];
  return parts
    .filter(([number], index) => index < 2 || number > 0)
    .map(([number, one, several, note = '']) => `${number} ${number === 1 ? one : several}${note}`)
    .join(', ');
}

/** `68 of 68 blocks accounted for, 3 bound by the addendum`. */
function renderAccount({ counts }: Pick<Explanation, 'counts'>): string {
  return [
    `${counts.accounted} of ${counts.total} blocks accounted for`,
    ...(counts.boundByAddendum === 0 ? [] : [`${counts.boundByAddendum} bound by the addendum`]),
    ...(counts.unread === 0 ? [] : [`${counts.unread} unread`]),
    ...(counts.unclaimed === 0 ? [] : [`${counts.unclaimed} unclaimed`]),
  ].join(', ');
}

function section(title: string, lines: readonly string[], style: PageStyle): readonly string[] {
  return lines.length === 0 ? [] : ['', ...wrapText(title, style.columns, style).map((line) => style.paint(line, 'title')), ...lines];
}
