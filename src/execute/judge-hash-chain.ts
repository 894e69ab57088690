/**
 * A coordinator that recomputes a chain and calls itself VERIFIED compares with nothing. Three roots must agree: the one
 * that the runner computed when the production path had just ended, the one computed now, and the one that was printed.
 */
import { renderOrigin, renderValue } from './binding-store.ts';
import { counted, failed, passed, unproven, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

export function judgeHashChain(claim: ClaimOf<'hash-chain'>, facts: JudgeFacts): Judgement {
  const { gathered } = facts;
  if (gathered?.kind !== 'hash-chain')
    return unproven('no witness recomputes this chain', `declare a hash-chain witness with root \`${claim.root}\` in the environment's configuration`);
  const { first, now } = gathered;
  if (!now) return unproven('the chain was not recomputed');
  const unread = [now, first].find((reading) => reading?.problem !== undefined);
  if (unread?.problem !== undefined) return unproven(`the chain could not be recomputed after step ${unread.step}`, unread.problem);
  const printed = facts.evidence.observations.find((observation) => observation.name === claim.root) ?? facts.names.get(claim.root);
  if (!printed) return failed(`\`${claim.root}\` was not printed`);
  const shown = `${claim.root} is ${renderValue(printed.value)}, recomputed ${now.root ?? 'null'}`;
  const notes = [`${claim.root}: ${renderOrigin(printed.origin)}`, `recomputed by \`${gathered.witness}\` from ${counted(now.rows, 'stored row')}`];
  if (first && first.root !== now.root)
    return failed(shown, `stored steps changed between step ${first.step} and ${now.step}`, `root after step ${first.step}: ${first.root ?? 'null'}`, ...notes);
  if (now.rows === 0) return unproven(shown, 'there are no stored rows: a chain of nothing proves nothing', ...notes);
  if (printed.value.text?.toLowerCase() !== now.root) return failed(shown, 'the printed root is not that of the stored rows', ...notes);
  return first
    ? passed(shown, `the same as after step ${first.step}`, ...notes)
    : passed(shown, 'the plan has no production path: compared with the stored rows alone', ...notes);
}
