/** Shards with real records, made in this process: what `run --shard` leaves, without a process for each plan. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFile, openSession } from '../../src/cli/plan-file.ts';
import { isReady, type Ready } from '../../src/cli/execute-one.ts';
import { planJobs } from '../../src/cli/planned-job.ts';
import { openShard } from '../../src/cli/shard.ts';
import type { EndedJob } from '../../src/cli/run-many.ts';
import { executePlan } from '../../src/execute/execute-plan.ts';
import type { PrerequisiteOutcome } from '../../src/model/event.ts';
import type { NoteKey } from '../../src/journal/signed-note.ts';
import { contextOf } from './command.ts';

/** A plan that starts no program: it passes where the file holds the word. */
export function searchPlan(name: string, word: string): string {
  return `# ${name}\n\n## Static verification\n\n- \`source.txt\` must contain \`${word}\`\n`;
}

export interface ShardSetOptions {
  readonly folder: string;
  /** File name without extension → text. */
  readonly plans: Readonly<Record<string, string>>;
  readonly count: number;
  readonly key?: NoteKey;
  /** Only these shards, from 1. */
  readonly only?: readonly number[];
  /** The output folder of a shard. */
  readonly outOf?: (index: number) => string;
  /** What a shard is given, and how it is executed, beside what all are. */
  readonly given?: (index: number) => Readonly<Record<string, string>>;
  readonly toolVersion?: (index: number) => string;
  readonly workspaceOf?: (index: number) => string;
  /** What a plan is told of its prerequisites, instead of how they ended. */
  readonly told?: (prerequisites: readonly PrerequisiteOutcome[]) => readonly PrerequisiteOutcome[];
}

/** Compiles and executes the plans in `folder`, shard by shard. Answers with the output folders. */
export async function makeShards({
  folder,
  plans,
  count,
  key,
  only,
  outOf = (index) => join(folder, `out-${index}`),
  given = () => ({}),
  toolVersion = () => '0.0.0',
  workspaceOf = () => folder,
  told = (prerequisites) => prerequisites,
}: ShardSetOptions): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'source.txt'), 'alpha\nbeta\n');
  for (const [name, text] of Object.entries(plans)) writeFileSync(join(folder, `${name}.md`), text);
  const context = contextOf(['run', '.'], { cwd: folder });
  const session = openSession(false, context);
  const ready: Ready[] = [];
  for (const name of Object.keys(plans).sort()) {
    const compiled = await compileFile(
      `${name}.md`,
      { use: 'chosen', cached: false, environment: undefined, database: undefined, given: Object.keys(given(1)), session },
      context,
    );
    if (!isReady(compiled, compiled.diagnostics)) throw new Error(`${name} does not compile: ${JSON.stringify(compiled.diagnostics)}`);
    ready.push(compiled);
  }
  await session.close();
  const folders: string[] = [];
  for (let index = 1; index <= count; index += 1) {
    const out = outOf(index);
    folders.push(out);
    if (only !== undefined && !only.includes(index)) continue;
    const shard = openShard(ready, { index, count }, out, key, context);
    if (shard.value === undefined) throw new Error(JSON.stringify(shard.diagnostics));
    const ended: EndedJob[] = [];
    for (const job of planJobs(shard.value.plans)) {
      const end = await executePlan({
        plan: job.ready.plan,
        planBytes: job.ready.file.bytes,
        refusals: [],
        environment: undefined,
        workspace: workspaceOf(index),
        values: Object.entries(given(index)).map(([name, text]) => ({ name, value: { type: 'text', text }, origin: { kind: 'input', source: '--set' } })),
        outFolder: out,
        stateFolder: join(folder, 'state'),
        cacheFolder: join(folder, 'cache'),
        processEnvironment: { PATH: process.env['PATH'] },
        clock: Date.now,
        signal: new AbortController().signal,
        argv: context.argv,
        toolVersion: toolVersion(index),
        onEvent: () => undefined,
        set: shard.value.membership,
        prerequisites: told(
          job.links.map(({ link, key: of }) =>
            outcomeOf(
              link,
              ended.find((each) => each.job.key === of),
            ),
          ),
        ),
        ...(key === undefined ? {} : { key }),
      });
      if (!end.opened) throw new Error(end.reason);
      const { verdict, exitCode, reason, folder: place, execution, attempt, journal } = end;
      ended.push({ job, begun: true, durationMs: 0, end: { verdict, exitCode, reason, folder: place, execution, attempt, journal } });
    }
    const problems = await shard.value.close(ended);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
  }
  return folders;
}

function outcomeOf(link: string, ended: EndedJob | undefined): PrerequisiteOutcome {
  const { verdict = 'none', execution, journal } = ended?.end ?? {};
  return { link, verdict, ...(execution === undefined ? {} : { execution }), ...(journal === undefined ? {} : { root: journal.root }) };
}

export function copyFolder(from: string, to: string): string {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return to;
}
