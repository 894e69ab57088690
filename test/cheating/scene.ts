/** The plans that cheats are played on: the two seeds whole, or without the sections that a cheat does not touch. */
import { parse, stringify } from 'yaml';
import { seed } from '../support/run-proof.ts';

export interface SceneText {
  readonly name: string;
  readonly text: string;
  readonly addendum: string;
}

interface SceneRow {
  readonly version: 'v2' | 'v4';
  /** Numbers of the sections that stay; all without it. */
  readonly sections?: readonly number[];
  /** Lines of the plan that go too: criteria and fields that rest on a section that is gone. */
  readonly without?: RegExp;
  /** A step that waits until an accomplice has done his work. */
  readonly pause?: string;
}

/** Preconditions: searches, and commands. */
const searches = /`cus_cli\.py` imports|`generate_plan_for_run` from|`RunRunner` from/;
const commands = /Local DB is|Skill registry/;
/** What rests on section 4, and on section 5. */
const proof = /HASH_CHAIN|Integrity model|Verification status|chain_length:|root_hash:/;
const tested = /Coordinator tests pass|Pytest:/;
const any = (...patterns: readonly RegExp[]): RegExp => new RegExp(patterns.map(({ source }) => source).join('|'));

const rows = {
  v4: { version: 'v4' },
  v2: { version: 'v2' },
  'v4, paused': { version: 'v4', pause: '## 4. RunProofCoordinator Validation' },
  // The production path and what it stored.
  'v4, sections 2 and 3': { version: 'v4', sections: [0, 2, 3, 6, 7], without: any(searches, commands, proof, tested) },
  'v4, sections 2 and 3, paused': {
    version: 'v4',
    sections: [0, 2, 3, 6, 7],
    without: any(searches, commands, proof, tested),
    pause: '## 3. Run Record Validation',
  },
  // With the proof of the run.
  'v4, sections 2 to 4': { version: 'v4', sections: [0, 2, 3, 4, 6, 7], without: any(searches, commands, tested) },
  // The preconditions that are commands, and the run.
  'v4, preconditions': { version: 'v4', sections: [0, 2, 3, 6, 7], without: any(searches, proof, tested) },
  // Searches only.
  'v4, section 1': { version: 'v4', sections: [1] },
  // The tests alone.
  'v4, section 5': { version: 'v4', sections: [5, 6, 7], without: /^\d\. (?!Coordinator tests)|^\*\*(?!Pytest|Date|Audience|Goal|Policy)[^*]+\*\* `</ },
  'v4, section 5, paused': {
    version: 'v4',
    sections: [5, 6, 7],
    without: /^\d\. (?!Coordinator tests)|^\*\*(?!Pytest|Date|Audience|Goal|Policy)[^*]+\*\* `</,
    pause: '## 5. Coordinator Tests',
  },
} as const satisfies Readonly<Record<string, SceneRow>>;

export type SceneName = keyof typeof rows;

/** The waiting step, as a section of its own. */
const pauseStep = '## 9. Pause\n\n```bash\nuntil [ -e go ]; do sleep 0.05; done\n```\n\n';

/** The plan and the addendum of a scene; entries of the addendum whose words are not in the plan go with them. */
export async function readScene(name: SceneName): Promise<SceneText> {
  const row: SceneRow = rows[name];
  const { text, addendum } = await seed(row.version);
  const kept = row.sections === undefined ? text : keepSections(text, row.sections, row.without);
  const paused = row.pause === undefined ? kept : kept.replace(row.pause, () => `${pauseStep}${row.pause}`);
  return { name: `run-proof-${row.version}`, text: paused, addendum: kept === text ? addendum : keepEntries(addendum, kept) };
}

function keepSections(text: string, sections: readonly number[], without: RegExp | undefined): string {
  const parts = text.split(/^(?=## )/m);
  const kept = parts.filter((part) => !part.startsWith('## ') || sections.some((number) => part.startsWith(`## ${number}.`)));
  const lines = kept.join('').split('\n');
  return lines.filter((line) => without?.test(line) !== true).join('\n');
}

/** What is left of an addendum for a plan that was cut. */
function keepEntries(addendum: string, text: string): string {
  const folded = text.replaceAll(/\\\n\s*/g, '');
  const stands = (entry: unknown): boolean => {
    const { at, name } = entry as { readonly at?: string; readonly name?: string };
    if (at !== undefined) return text.includes(at) || folded.includes(at);
    return name === undefined || text.includes(`<${name}>`);
  };
  const document = parse(addendum) as Record<string, unknown>;
  const entries = Object.entries(document).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'inputs') {
      const inputs = Object.entries(value as object).filter(([name]) => text.includes(`<${name}>`));
      return inputs.length === 0 ? [] : [[key, Object.fromEntries(inputs)]];
    }
    if (!Array.isArray(value)) return [[key, value]];
    const left = value.filter(stands);
    return left.length === 0 ? [] : [[key, left]];
  });
  return stringify(Object.fromEntries(entries), { lineWidth: 0 });
}

export const sceneNames = Object.keys(rows) as SceneName[];
