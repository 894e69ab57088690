// The judge of statements with the catalogue of the moment in its hand.
import type { Catalogue } from '../model/catalogue.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { Access } from '../model/step.ts';
import { capabilityRules } from '../policy/capability-rule.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import type { CatalogueKeeper } from './catalogue-keeper.ts';
import { rememberPermissions } from './decision-memory.ts';

/** Without a catalogue only the text is judged. */
export type Decide = (text: string, access: Access, catalogue?: Catalogue) => Promise<SqlJudgement>;

export interface LiveJudge {
  readonly decide: (text: string, access: Access) => Promise<SqlJudgement>;
  /** The same, and at once for what was permitted before. */
  readonly remembered: (text: string, access: Access) => SqlJudgement | Promise<SqlJudgement>;
}

/** How often a judgement is made anew because the schema changed meanwhile. */
const mostAttempts = 10;

export function createLiveJudge(judge: Decide, keeper: CatalogueKeeper): LiveJudge {
  const decide: LiveJudge['decide'] = async (text, access) => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      let catalogue: Catalogue | undefined;
      try {
        catalogue = needsCatalogue(access) ? await keeper.current() : undefined;
      } catch (error) {
        return refusal('no-catalogue', `the catalogue cannot be read, so nobody knows what this would set off (${messageOf(error)})`);
      }
      const { epoch } = keeper;
      const judgement = await judge(text, access, catalogue);
      // Another session has changed the schema while this was being judged.
      if (catalogue !== undefined && epoch !== keeper.epoch) continue;
      keeper.note(judgement);
      return judgement;
    }
    return refusal('no-catalogue', 'the schema changes faster than a statement can be judged');
  };
  const memories = new WeakMap<Access, ReturnType<typeof rememberPermissions>>();
  const remembered: LiveJudge['remembered'] = (text, access) => {
    const memory =
      memories.get(access) ??
      rememberPermissions(
        (asked) => decide(asked, access),
        () => keeper.epoch,
      );
    memories.set(access, memory);
    return memory(text);
  };
  return { decide, remembered };
}

/** What may call anything is not followed, and what may send nothing need not be. */
function needsCatalogue({ capability }: Access): boolean {
  return capability !== 'none' && !capabilityRules[capability].calls;
}

function refusal(rule: string, reason: string): SqlJudgement {
  return { decision: { effect: 'refuse', rule, reason, sqlstate: '42501' }, statements: [] };
}
