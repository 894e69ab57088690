/** The outcomes of all attacks as a table of words, the sums over it, and the Markdown of the document that shows them. */
import type { Attack } from './attack-corpus.ts';
import type { HonestGroup } from './honest-corpus.ts';
import { untouched, type AttackOutcome, type LayerName, type LayerOutcome } from './attack-play.ts';

/** `prevented` through the gateway · `detected`: it took place, and a tripwire named it · `neither` · `permitted`: the step may do that. */
type Sum = 'prevented' | 'detected' | 'neither' | 'permitted';

/** One attack in words. A cell says by what it was stopped, or what became of it. */
export interface AttackRow {
  readonly family: string;
  readonly name: string;
  readonly tries: string;
  readonly cells: Readonly<Record<LayerName, string>>;
  readonly read: Sum;
  readonly write: Sum;
  /** Why it is not prevented, where it is not. */
  readonly reason?: string;
}

const tookEffect = 'took effect';
const notTried = '–';
const judgements: readonly LayerName[] = ['static read', 'static write', 'closure read', 'closure write'];

export function rowOf({ attack, layers }: AttackOutcome): AttackRow {
  const cell = (layer: LayerName): string => {
    const outcome = layers[layer];
    if (outcome === undefined) return notTried;
    if (layer === 'nothing') return outcome.findings?.join(' + ') || 'not seen';
    return happened(attack, layer, outcome) ? tookEffect : answerOf(outcome);
  };
  const names: readonly LayerName[] = [...judgements, 'session', 'role', 'gateway read', 'gateway write', 'nothing'];
  const cells = Object.fromEntries(names.map((name) => [name, cell(name)])) as Record<LayerName, string>;
  const read = sumOf(attack, 'gateway read', layers['gateway read']);
  const write = sumOf(attack, 'gateway write', layers['gateway write']);
  const { family, name, tries, beyond } = attack;
  return { family, name, tries, cells, read, write, ...(beyond === undefined ? {} : { reason: beyond }) };
}

/** In a step that reads nothing at all may happen; in one that writes, nothing to a protected table, and not what the attack is after. */
export function happened(attack: Attack, layer: LayerName, { effects }: LayerOutcome): boolean {
  if (effects === untouched || effects.includes(attack.effect)) return true;
  if (layer === 'gateway read' && attack.outsideMade !== true) return effects.length > 0;
  return effects.some((effect) => /^rows (?:public\.)?(?:runs|aos_|steps_main|traces_child)/.test(effect));
}

function answerOf({ rule, sqlstate }: LayerOutcome): string {
  const words = [sqlstate, rule].filter((word) => word !== undefined);
  return words.length === 0 ? 'no effect' : words.join(' ');
}

function sumOf(attack: Attack, layer: 'gateway read' | 'gateway write', outcome: LayerOutcome | undefined): Sum {
  if (outcome === undefined || !happened(attack, layer, outcome)) return 'prevented';
  if (layer === 'gateway write' && attack.write === 'permitted') return 'permitted';
  return (outcome.findings ?? []).length > 0 ? 'detected' : 'neither';
}

const columns: readonly (readonly [heading: string, layer: LayerName])[] = [
  ['static', 'static read'],
  ['with catalogue', 'closure read'],
  ['static, writing', 'static write'],
  ['with catalogue, writing', 'closure write'],
  ['read-only session', 'session'],
  ['role without rights', 'role'],
  ['gateway, reading', 'gateway read'],
  ['gateway, writing', 'gateway write'],
  ['tripwires alone', 'nothing'],
];

/** How many of each family each layer stopped by itself. */
export function renderFamilies(rows: readonly AttackRow[]): string {
  const families = [...new Set(rows.map(({ family }) => family))];
  const line = (name: string, own: readonly AttackRow[]): string => {
    const counts = columns.map(([, layer]) => {
      const tried = own.filter(({ cells }) => cells[layer] !== notTried);
      const stopped = tried.filter(({ cells, write }) =>
        layer === 'nothing' ? cells.nothing !== 'not seen' : cells[layer] !== tookEffect || (layer.endsWith('write') && write === 'permitted'),
      );
      return tried.length === own.length ? String(stopped.length) : `${stopped.length} of ${tried.length}`;
    });
    return `| ${name} | ${own.length} | ${counts.join(' | ')} |`;
  };
  return [
    `| family | attacks | ${columns.map(([heading]) => heading).join(' | ')} |`,
    `|---|${'--:|'.repeat(columns.length + 1)}`,
    ...families.map((family) =>
      line(
        family.replaceAll('-', ' '),
        rows.filter((row) => row.family === family),
      ),
    ),
    line('**all**', rows),
  ].join('\n');
}

/** Every attack with what each layer alone made of it. */
export function renderAttacks(rows: readonly AttackRow[]): string {
  const families = [...new Set(rows.map(({ family }) => family))];
  return families
    .flatMap((family) => [
      `### ${family.replaceAll('-', ' ')}\n`,
      `| attack | what it tries | ${columns.map(([heading]) => heading).join(' | ')} |`,
      `|---|---|${'---|'.repeat(columns.length)}`,
      ...rows
        .filter((row) => row.family === family)
        .map(({ name, tries, cells }) => `| ${escape(name)} | ${escape(tries)} | ${columns.map(([, layer]) => cells[layer]).join(' | ')} |`),
      '',
    ])
    .join('\n')
    .trimEnd();
}

/** Each attack that a step behind the gateway could carry out, and what became of it. */
export function renderRest(rows: readonly AttackRow[]): string {
  const rest = rows.filter(({ read, write }) => [read, write].some((sum) => sum === 'detected' || sum === 'neither'));
  if (rest.length === 0) return 'None.';
  return rest
    .map(({ family, name, read, write, reason }) => {
      const where = [`in a step that reads: ${read}`, `in one that writes other tables: ${write}`].join('; ');
      return `- **${escape(name)}** (${family.replaceAll('-', ' ')}): ${where}.${reason === undefined ? '' : ` ${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`}`;
    })
    .join('\n');
}

/** How many statements of each family, by what a step needs for them. */
export function renderHonest(groups: readonly HonestGroup[]): string {
  const needs = [...new Set(groups.map((group) => group.needs))];
  const families = [...new Set(groups.map(({ family }) => family))];
  const count = (own: readonly HonestGroup[]): number => own.reduce((sum, { statements }) => sum + statements.length, 0);
  const line = (name: string, own: readonly HonestGroup[]): string =>
    `| ${name} | ${needs.map((need) => count(own.filter((group) => group.needs === need)) || '').join(' | ')} | ${count(own)} |`;
  return [
    `| statements | ${needs.join(' | ')} | all |`,
    `|---|${'--:|'.repeat(needs.length + 1)}`,
    ...families.map((family) =>
      line(
        family,
        groups.filter((group) => group.family === family),
      ),
    ),
    line('**all**', groups),
  ].join('\n');
}

/** What is refused though it is honest. */
export function renderAlarms(groups: readonly HonestGroup[]): string {
  const alarms = groups.flatMap(({ family, statements }) =>
    statements.flatMap(({ sql, refused }) => (refused === undefined ? [] : [`- \`${sql}\` (${family}) — ${refused}.`])),
  );
  return alarms.length === 0 ? 'None.' : alarms.join('\n');
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
}
