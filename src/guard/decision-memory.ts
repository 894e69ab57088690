// Permissions of one access, by text: the judgement is pure (same text, same access, same catalogue, same decision), and clients
// repeat themselves. Refusals are judged anew each time, since one may have come from a parser out of breath.
import type { SqlJudgement } from '../policy/decide-sql.ts';

const mostTexts = 1000;
const longestText = 8192;

/**
 * Wraps a judge; what it has permitted once is answered at once, without a promise. When `epoch` moves, all is forgotten; what
 * changes the schema is never remembered, because the judge has to hear of it each time.
 */
export function rememberPermissions(
  judge: (text: string) => Promise<SqlJudgement>,
  epoch: () => number = () => 0,
): (text: string) => SqlJudgement | Promise<SqlJudgement> {
  const known = new Map<string, SqlJudgement>();
  let since = epoch();
  return (text) => {
    if (since !== epoch()) known.clear();
    since = epoch();
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const asked = since;
    return judge(text).then((judgement) => {
      const lasting = judgement.decision.effect === 'permit' && !judgement.statements.some(({ changesSchema }) => changesSchema);
      if (lasting && asked === epoch() && text.length <= longestText) {
        if (known.size >= mostTexts) known.clear();
        known.set(text, judgement);
      }
      return judgement;
    });
  };
}
