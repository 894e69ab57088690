/** Under what the plans of a set were executed, and what of it is not the same everywhere: somebody could choose where each one passes. */
import { isRecord } from '../journal/journal-line.ts';
import type { MergeFinding } from './merge-finding.ts';

/** One thing that is compared where `about` is the same. `key` tells two apart; `binding`: where they differ, the union is not shown. */
export interface Condition {
  readonly about: string;
  readonly key: string;
  readonly shown: string;
  readonly binding: boolean;
}

interface PlacedCondition extends Condition {
  readonly folder: string;
}

/** Of the data of a journal's first entry. What is secret is not compared: nobody else may know it. */
export function conditionsOf(opened: Readonly<Record<string, unknown>> = {}): readonly Condition[] {
  const { tool, host, inputs, workspace, environment, database, isolation } = opened;
  const place = typeof environment === 'string' ? `environment \`${environment}\`` : 'plans without an environment';
  const conditions: Condition[] = [];
  const add = (about: string, key: string, binding: boolean, shown = key): void => void conditions.push({ about, key, shown, binding });
  if (isRecord(tool)) add('the version of proofplan', text(tool['version']), true);
  if (isRecord(host)) add('the system', `${text(host['platform'])} ${text(host['architecture'])}`, false);
  for (const input of Array.isArray(inputs) ? inputs : []) {
    if (!isRecord(input) || input['secret'] === true || !isGiven(input['origin'])) continue;
    add(`the value given for \`${text(input['name'])}\``, text(input['text']), true);
  }
  if (isRecord(workspace)) {
    const { commit, trackedDigest } = workspace;
    const known = typeof commit === 'string';
    add(`${sourceOf} (${place})`, known ? `${commit} ${text(trackedDigest)}` : 'none', true, known ? `commit ${commit}` : 'no commit');
  }
  if (isRecord(database)) {
    add(`the database (${place})`, database['ownServer'] === true ? 'a server of its own' : 'an outside server', true);
    add(`the version of PostgreSQL (${place})`, text(database['version']), false);
  }
  if (isRecord(isolation)) add('how steps were kept apart', text(isolation['level']), false);
  return conditions;
}

const sourceOf = 'the tested source';

/** What differs: findings, and what is told beside the verdict. */
export function compareConditions(conditions: readonly PlacedCondition[]): { readonly findings: readonly MergeFinding[]; readonly notes: readonly string[] } {
  const findings: MergeFinding[] = [];
  const notes: string[] = [];
  for (const [about, each] of groupBy(conditions, (condition) => condition.about)) {
    const values = groupBy(each, ({ key }) => key);
    if (values.size < 2) continue;
    const told = [...values].map(([key, there]) => ({ key, shown: there[0]?.shown ?? '', folders: [...new Set(there.map(({ folder }) => folder))] }));
    // Two that look alike are told apart by the end of what differs.
    const shownTwice = (shown: string): boolean => told.filter((other) => other.shown === shown).length > 1;
    const parts = told.map(
      ({ key, shown, folders }) =>
        `\`${cut(shown)}${shownTwice(shown) ? ` with changes ${key.slice(-12)}` : ''}\` in ${listOf(folders.map((folder) => `\`${folder}\``))}`,
    );
    if (each.some(({ binding }) => binding))
      findings.push({
        code: about.startsWith(sourceOf) ? 'review/shard-stale' : 'review/shard-unlike',
        message: `the shards were not executed alike: ${about} is ${listOf(parts)}`,
        folder: null,
      });
    else notes.push(`${about}: ${listOf(parts)}`);
  }
  if (conditions.some(({ key, about }) => about.startsWith(sourceOf) && key === 'none') && new Set(conditions.map(({ folder }) => folder)).size > 1)
    notes.push('there is no version control: nothing shows that all shards tested the same files');
  return { findings, notes };
}

function isGiven(origin: unknown): boolean {
  return isRecord(origin) && origin['kind'] === 'input' && (origin['source'] === '--set' || origin['source'] === '--params');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

const mostNamed = 10;
const mostShown = 120;

export function listOf(names: readonly string[]): string {
  return `${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''}`;
}

function cut(value: string): string {
  return value.length > mostShown ? `${value.slice(0, mostShown)}…` : value;
}
