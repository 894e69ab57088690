/** Claims about the rows that a query answered. */
import type { CellTest } from '../model/claim.ts';
import type { RowsEvidence } from '../model/evidence.ts';
import type { Value } from '../model/value.ts';
import { renderValue } from './binding-store.ts';
import { canonicalText, compareValues } from './compare-value.ts';
import { counted, failed, passed, unproven, withinBound, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

export function judgeRows(claim: ClaimOf<'rows'>, facts: JudgeFacts): Judgement {
  const { rows } = facts.evidence;
  if (!rows) return failed('no rows were answered');
  const actual = counted(rows.rowCount, 'row');
  if (claim.bound === 'at-least' && claim.count === 0) return unproven(actual, 'every query gives at least 0 rows: this proves nothing');
  return (withinBound(claim.bound, claim.count, rows.rowCount) ? passed : failed)(actual);
}

export function judgeEachRow(claim: ClaimOf<'each-row'>, facts: JudgeFacts): Judgement {
  const column = readColumn(claim.name, facts);
  if ('verdict' in column) return column;
  const { values, rows } = column;
  const problems = values.flatMap((value, index) => {
    const problem = cellProblem(value, claim.test);
    return problem === undefined ? [] : [`row ${index + 1}: ${claim.name} is ${renderValue(value)}${problem === '' ? '' : `, ${problem}`}`];
  });
  const actual = `${values.length - problems.length} of ${counted(rows.rowCount, 'row')}`;
  if (claim.some === true && problems.length < values.length) return passed(actual);
  if (claim.some === true && cut(rows)) return unproven(actual, 'there were more rows than are kept: the others were not looked at');
  if (problems.length > 0) return failed(actual, ...problems.slice(0, 5));
  return cut(rows) ? unproven(actual, 'there were more rows than are kept: the others were not looked at') : passed(actual);
}

export function judgeUnique(claim: ClaimOf<'unique'>, facts: JudgeFacts): Judgement {
  const column = readColumn(claim.name, facts);
  if ('verdict' in column) return column;
  const { values, rows } = column;
  const seen = new Map<string, number>();
  const twice: string[] = [];
  for (const [index, value] of values.entries()) {
    const text = value.text === null ? 'null' : `=${canonicalText({ type: value.type, text: value.text })}`;
    const before = seen.get(text);
    if (before === undefined) seen.set(text, index);
    else twice.push(`rows ${before + 1} and ${index + 1}: ${renderValue(value)}`);
  }
  const actual = `${seen.size} different in ${counted(rows.rowCount, 'row')}`;
  if (twice.length > 0) return failed(actual, ...twice.slice(0, 5));
  if (values.some((value) => value.text === null)) return unproven(actual, 'one of them is null, which equals and differs from nothing');
  return cut(rows) ? unproven(actual, 'there were more rows than are kept: the others were not looked at') : passed(actual);
}

/** `''`: it is another value. Undefined: it is as it must be. */
function cellProblem(value: Value, test: CellTest): string | undefined {
  switch (test.kind) {
    case 'null':
      if (test.negated && value.text === '') return 'which is not null, but there is nothing in it';
      return (value.text === null) !== test.negated ? undefined : '';
    case 'compare': {
      const comparison = compareValues(value, test.operator, test.value);
      if (comparison.kind === 'held') return undefined;
      return comparison.kind === 'incomparable' ? comparison.reason : '';
    }
    case 'member': {
      if (value.text === null) return 'which is in no list';
      const found = test.values.map((wanted) => compareValues(value, '==', wanted));
      const held = found.some((comparison) => comparison.kind === 'held');
      if (!test.negated) return held ? undefined : '';
      const unclear = found.find((comparison) => comparison.kind === 'incomparable');
      return unclear?.kind === 'incomparable' ? unclear.reason : held ? '' : undefined;
    }
  }
}

type Column = { readonly values: readonly Value[]; readonly rows: RowsEvidence };

/** The values of a column in every kept row, or why they cannot be judged. */
function readColumn(name: string, facts: JudgeFacts): Column | Judgement {
  const { rows } = facts.evidence;
  if (!rows) return failed('no rows were answered');
  const own = name.slice(name.lastIndexOf('.') + 1);
  const places = rows.columns.flatMap((column, index) => (column.name === own ? [index] : []));
  const [place] = places;
  if (place === undefined) return failed(`the answer has no column \`${own}\``);
  if (places.length > 1) return failed(`the answer has ${places.length} columns \`${own}\``, 'it is not clear which is meant');
  if (rows.rowCount === 0) return unproven('0 rows', 'there was no row, so nothing holds for each of them');
  const values = rows.rows.map((row) => row[place]).filter((value) => value !== undefined);
  if (values.length === 0) return unproven(counted(rows.rowCount, 'row'), 'none of the rows was kept');
  return { values, rows };
}

function cut(rows: RowsEvidence): boolean {
  return rows.rowCount > rows.rows.length;
}
