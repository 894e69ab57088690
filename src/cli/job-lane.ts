/** What a plan needs for itself while it is executed, and which plans may be executed side by side. */
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { runsPrograms } from '../execute/attempt-step.ts';
import type { DatabaseSource, EnvironmentConfig } from '../model/environment.ts';
import type { Plan } from '../model/plan.ts';
import type { CommandContext } from './command-context.ts';

/** `database` of an outside one: how its server calls it, or `unknown` where that cannot be asked. */
export interface JobLane {
  readonly workspace: string;
  /** Programs may write anywhere in the workspace, and the plan beside them would be tested with it. */
  readonly writes: boolean;
  readonly database?: string;
  /** The environment declares that its plans leave each other alone. */
  readonly parallel: boolean;
}

const unknown = 'unknown';

/** Asks each outside database once for its identity. */
export function createLanes(context: CommandContext): (plan: Plan, environment: EnvironmentConfig | undefined, prepares: boolean) => Promise<JobLane> {
  const identities = new Map<string, Promise<string | undefined>>();
  const identityOf = async (source: DatabaseSource | undefined): Promise<string | undefined> => {
    if (source === undefined || source.kind === 'embedded') return undefined;
    const url = source.kind === 'url' ? source.url : (context.environment[source.name] ?? '');
    const { identifyDatabase } = await import('../environment/database-identity.ts');
    const asked = identities.get(url) ?? identifyDatabase(url);
    identities.set(url, asked);
    return (await asked) ?? unknown;
  };
  return async (plan, environment, prepares) => {
    const database = await identityOf(environment?.database);
    return {
      workspace: realOf(environment?.workspace ?? context.workingFolder),
      writes: prepares || plan.steps.some(runsPrograms),
      ...(database === undefined ? {} : { database }),
      parallel: environment?.parallel === true,
    };
  };
}

/** Would one of them see, or be accused of, what the other one does? In words; undefined where they may go side by side. */
export function disturbance(a: JobLane, b: JobLane): 'the same workspace' | 'the same database' | 'databases that cannot be told apart' | undefined {
  if (a.parallel && b.parallel) return undefined;
  if ((a.writes || b.writes) && (isWithin(a.workspace, b.workspace) || isWithin(b.workspace, a.workspace))) return 'the same workspace';
  if (a.database === undefined || b.database === undefined) return undefined;
  if (a.database === unknown || b.database === unknown) return 'databases that cannot be told apart';
  return a.database === b.database ? 'the same database' : undefined;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
