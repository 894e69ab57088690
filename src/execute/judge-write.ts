/** Claims about who wrote what, and when: judged on the gateway's record, not on what a program says about itself. */
import type { WriteData } from '../model/event.ts';
import { counted, failed, passed, unproven, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

/**
 * A row is fresh when the snapshot held from before the production path did not have it, it is there now, and the
 * production path committed rows into that relation. The key itself is not in the record (clients send it apart from the
 * text), so the last is by relation. A row's xmin would not do: an updated old row has a new one.
 */
export function judgeFresh(claim: ClaimOf<'fresh'>, facts: JudgeFacts): Judgement {
  const binding = facts.names.get(claim.name);
  if (!binding) return failed(`\`${claim.name}\` has no value`, 'a name that no step supplied is not fresh');
  if (binding.value.text === null) return failed(`${claim.name} is null`);
  const { gathered } = facts;
  if (gathered?.kind !== 'freshness') return unproven('no snapshot was asked');
  if (gathered.problem !== undefined) return unproven('freshness could not be established', gathered.problem);
  if (gathered.before === undefined) return unproven('no snapshot was held', 'the plan has no production path before this step');
  const key = `a row of ${claim.relation} with this ${claim.column}`;
  if (gathered.before) return failed('it was there before', `${key} existed before the production path began`);
  if (gathered.now === false) return failed('it is not there', `there is no ${key}`);
  const inserts = facts.statements.filter((record) => facts.producers.includes(record.step) && insertsInto(record, claim.relation));
  if (inserts.length === 0) return failed('written by somebody else', `the gateway saw no committed INSERT into ${claim.relation} by the production path`);
  const rows = inserts.reduce((sum, record) => sum + (record.rowCount ?? 0), 0);
  return passed(
    'it was not there before',
    `${counted(rows, 'row')} inserted into ${claim.relation} by step ${inserts[0]?.step}, statement ${inserts[0]?.sequence}`,
  );
}

/**
 * `first` must be written and committed before the first row of `then`. A write of the column afterwards makes it
 * undecided: the record holds no values, so it cannot be told which of the writes brought the real one.
 */
export function judgeWriteOrder(claim: ClaimOf<'write-order'>, facts: JudgeFacts): Judgement {
  const names = { first: `${claim.first.relation}.${claim.first.column}`, then: claim.then.relation };
  const committed = facts.statements.filter((record) => facts.producers.includes(record.step) && record.effect === 'permit' && record.fate === 'committed');
  const thenWrites = committed.filter((record) => changes(record, claim.then.relation));
  const firstWrites = committed.filter((record) => writesColumn(record, claim.first.relation, claim.first.column));
  const start = thenWrites[0];
  if (firstWrites.length === 0) return failed(`${names.first} was not written`, 'the gateway saw no committed statement that names this column');
  if (!start) return failed(`${names.then} was not written`, 'the gateway saw no committed statement that writes this relation');
  const earlier = firstWrites.filter((record) => record.sequence < start.sequence);
  const settled = earlier.findLast((record) => record.settledAt !== undefined && record.settledAt < start.sequence);
  if (earlier.length === 0) return failed(`${names.first} was written after ${names.then}`, place(firstWrites[0], names.first), place(start, names.then));
  if (!settled) return failed(`${names.first} was not yet committed`, place(earlier[0], names.first), place(start, names.then));
  const notes = [place(settled, names.first), place(start, names.then)];
  const later = firstWrites.find((record) => record.sequence >= start.sequence);
  if (later) return unproven(`${names.first} was written again after ${names.then}`, ...notes, place(later, names.first));
  return passed(`${names.first} was committed before ${names.then}`, ...notes);
}

function place(record: WriteData | undefined, what: string): string {
  return `${what}: statement ${record?.sequence} of step ${record?.step}`;
}

function insertsInto(record: WriteData, relation: string): boolean {
  return record.effect === 'permit' && record.fate === 'committed' && changes(record, relation) && record.inserts;
}

/** Did the statement change rows of this relation? Without a count (a prepared statement never executed) it did not. */
function changes(record: WriteData, relation: string): boolean {
  return (record.rowCount ?? 0) > 0 && record.writes.some((write) => sameRelation(write.relation, relation));
}

function writesColumn(record: WriteData, relation: string, column: string): boolean {
  return changes(record, relation) && record.writes.some((write) => sameRelation(write.relation, relation) && write.columns.includes(column));
}

/** `runs` and `public.runs` are the same where one of them leaves out the schema. */
function sameRelation(a: string, b: string): boolean {
  if (a === b) return true;
  const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  return a.includes('.') && b.includes('.') ? false : bare(a) === bare(b);
}
