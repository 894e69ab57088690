// Permissions of one access, by text: the judgement is pure (same text, same access, same decision), and clients repeat
// themselves. Refusals are judged anew each time, since one may have come from a parser out of breath.
import type { SqlJudgement } from '../policy/decide-sql.ts';

const mostTexts = 1000;
const longestText = 8192;

/** Wraps a judge; what it has permitted once is answered at once, without a promise. */
export function rememberPermissions(judge: (text: string) => Promise<SqlJudgement>): (text: string) => SqlJudgement | Promise<SqlJudgement> {
  const known = new Map<string, SqlJudgement>();
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    return judge(text).then((judgement) => {
      if (judgement.decision.effect === 'permit' && text.length <= longestText) {
        if (known.size >= mostTexts) known.clear();
        known.set(text, judgement);
      }
      return judgement;
    });
  };
}
