/** What is a part of the tested thing wherever it is, and whatever ignores it: scripts that commands call, the programs' own folders, settings. */
import { readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import type { Plan } from '../model/plan.ts';

const scriptEndings: ReadonlySet<string> = new Set(['.sh', '.bash', '.py', '.js', '.mjs', '.cjs', '.ts', '.rb', '.pl', '.php', '.sql', '.ps1']);
const longestPath = 1024;
const mostFiles = 2000;

/** Scripts that the plan's commands call by their path; absolute, of those that are there now. */
export function findNamedScripts({ steps }: Pick<Plan, 'steps'>, workspace: string): readonly string[] {
  const found = new Set<string>();
  for (const step of steps) {
    if (step.kind !== 'shell' && step.kind !== 'coordinator-call') continue;
    for (const word of step.command.split(/[\s"'`;|&()<>=,@]+/)) {
      if (word.length > longestPath || !scriptEndings.has(extname(word))) continue;
      const path = resolve(workspace, step.workingDirectory, word);
      if (isFile(path)) found.add(path);
    }
  }
  return [...found];
}

/** Files of settings in the workspace, which are mostly ignored, and programs in its folders on the steps' PATH; absolute. */
export function findQuietFiles(workspace: string, path: readonly string[]): readonly string[] {
  const settings = filesIn(workspace).filter((name) => name === '.env' || name.startsWith('.env.'));
  const folders = path.filter((folder) => folder.startsWith(`${workspace}/`));
  return [...settings.map((name) => join(workspace, name)), ...folders.flatMap((folder) => filesIn(folder).map((name) => join(folder, name)))];
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, mostFiles);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
