// The SQLite fallback that a plan forbids, found by its file. Two witnesses: what the step's processes hold open, wherever
// it lies, and what appeared or changed in folders that are known.
//
// Anything that changed meanwhile counts against the step unless it can be told to be somebody else's: another process has it
// open, or it lies in another project of this runner's. Open files are asked for every few milliseconds, and a database that
// is written and closed in between shows only by its folder: to let it pass for want of a witness would let the fallback pass.
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import type { TripwireFinding } from '../model/contract.ts';
import { FolderSurvey, type SurveyRoot } from './folder-survey.ts';
import { homeFolder } from './home-folder.ts';
import { canWitness, holdersOf, OpenFileWitness } from './open-file-witness.ts';
import { isSqliteFile, lastChange, mayBeSqlite, tablesOf, toolOf } from './sqlite-file.ts';

const mostWorkspaceFolders = 4000;
const mostOtherFolders = 3000;
const workspaceDepth = 32;
const otherDepth = 4;
/** File times are kept by a clock that ticks every few milliseconds, and so may lie a little before now. */
const clockTickMs = 10;

/** Where an application keeps its data when nobody tells it otherwise (Filesystem Hierarchy Standard, XDG Base Directory). */
function usualRoots(): readonly string[] {
  const home = homeFolder();
  return [
    ...new Set([
      tmpdir(),
      '/tmp',
      '/var/tmp',
      '/dev/shm',
      '/var/lib',
      '/var/opt',
      '/srv',
      '/opt',
      '/run',
      '/mnt',
      '/media',
      ...(home === '/' ? [] : [home, ...['.local/share', '.local/state', '.cache', '.config'].map((name) => join(home, name))]),
    ]),
  ];
}

export class SqliteWatch {
  readonly #workspace: string;
  readonly #inside: FolderSurvey;
  readonly #outside: FolderSurvey;
  /** Databases of the workspace that were there before: one that is written in place changes no folder. */
  readonly #databases = new Set<string>();

  /** Surveys the folders; `roots` are those outside the workspace. */
  constructor(workspace: string, roots: readonly string[] = usualRoots()) {
    this.#workspace = workspace;
    this.#inside = new FolderSurvey([{ path: workspace, depth: workspaceDepth }], mostWorkspaceFolders, (path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats !== undefined && mayBeSqlite(stats) && isSqliteFile(path)) this.#databases.add(path);
    });
    const others: SurveyRoot[] = roots.filter((path) => path !== workspace).map((path) => ({ path, depth: otherDepth }));
    this.#outside = new FolderSurvey(others, mostOtherFolders);
  }

  /** What is watched and what is not, in words. */
  get coverage(): string {
    const witness = canWitness ? 'and the files that its processes are seen to hold open' : 'and no open files, which this system does not show';
    const left = this.#inside.leftOut + this.#outside.leftOut;
    const deeper = left === 0 ? '' : `; ${left} folders below are not watched (too deep, too many, node_modules, .git)`;
    return `${this.#inside.known} folders of the workspace, ${this.#outside.known} elsewhere, the step's own, ${witness}${deeper}`;
  }

  /** Begins to watch one step. `folders` are its own. */
  begin(folders: readonly string[]): SqliteStepWatch {
    const territory = [this.#workspace, ...folders];
    return new SqliteStepWatch({
      workspace: this.#workspace,
      isTheSteps: (path) => territory.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)),
      changedSince: (sinceMs) => [
        ...this.#inside.changedSince(sinceMs),
        ...new FolderSurvey(
          folders.map((path) => ({ path, depth: workspaceDepth })),
          mostWorkspaceFolders,
        ).changedSince(0),
        ...this.#outside.changedSince(sinceMs),
        ...[...this.#databases].filter((path) => (lastChange(path) ?? 0) >= sinceMs),
      ],
    });
  }
}

interface StepTerritory {
  readonly workspace: string;
  readonly isTheSteps: (path: string) => boolean;
  readonly changedSince: (sinceMs: number) => readonly string[];
}

export class SqliteStepWatch {
  readonly #territory: StepTerritory;
  readonly #sinceMs = Date.now() - clockTickMs;
  /** Files that a process of the step was seen with, open for writing, and the program that had each. */
  readonly #touched = new Map<string, string>();
  /** Those that were databases at that moment: they may be gone by the end. */
  readonly #databases = new Set<string>();
  readonly #witness = new OpenFileWitness({
    seen: (path, source, program) => {
      this.#touched.set(databaseOf(path), program);
      if (!isSqliteFile(source)) return true;
      this.#databases.add(path);
      return false;
    },
  });

  constructor(territory: StepTerritory) {
    this.#territory = territory;
  }

  processStarted(pid: number): void {
    this.#witness.follow(pid);
  }

  /** Databases that are new or changed since the watch began. Call it once, when the step's processes have ended. */
  compare(): readonly TripwireFinding[] {
    this.#witness.stop();
    const findings: TripwireFinding[] = [];
    const changed = new Set(
      this.#territory
        .changedSince(this.#sinceMs)
        .map(databaseOf)
        .filter((path) => isSqliteFile(path)),
    );
    for (const [path, program] of this.#touched) {
      if (!this.#databases.has(path) && !isSqliteFile(path)) continue;
      if (changed.has(path) || this.#changedOrGone(path)) findings.push(finding(path, `written by \`${program}\``, false));
    }
    for (const path of changed) {
      if (this.#touched.has(path)) continue;
      if (this.#territory.isTheSteps(path)) findings.push(finding(path, 'new or changed since the step began', false));
      else findings.push(this.#elsewhere(path));
    }
    return findings;
  }

  #elsewhere(path: string): TripwireFinding {
    // Nothing can be kept in it yet: another execution's canary, or a database that its program just begins.
    if (tablesOf(path).length === 0) return finding(path, 'changed meanwhile, and holds no table', true);
    const other = holdersOf(path).find(({ pid }) => !this.#witness.follows(pid));
    if (other !== undefined) return finding(path, `changed meanwhile, and \`${other.program}\` has it open`, true);
    const project = this.#otherProjectOf(path);
    if (project !== undefined) return finding(path, `changed meanwhile, in the project \`${project}\``, true);
    return finding(path, 'changed while the step ran, outside the workspace', false);
  }

  /** The folder of another project, which may have an execution of its own: its configuration is no file of the step's making. */
  #otherProjectOf(path: string): string | undefined {
    for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
      if (`${this.#territory.workspace}${sep}`.startsWith(`${folder}${sep}`)) return undefined;
      const configuration = statSync(join(folder, 'proofplan.config.yaml'), { throwIfNoEntry: false });
      if (configuration !== undefined && configuration.ctimeMs < this.#sinceMs) return folder;
    }
    return undefined;
  }

  #changedOrGone(path: string): boolean {
    const changedAt = lastChange(path);
    return changedAt === undefined || changedAt >= this.#sinceMs;
  }
}

function finding(path: string, how: string, explained: boolean): TripwireFinding {
  const tool = toolOf(path);
  const what = `SQLite database \`${path}\` (${tool === undefined ? how : `${how}; the tables are those of ${tool}`})`;
  return { kind: 'sqlite-file', what, explained: explained || tool !== undefined };
}

/** A journal or write-ahead log stands for its database. */
function databaseOf(path: string): string {
  const database = path.replace(/-(?:journal|wal|shm)$/, '');
  return dirname(database) === database ? path : database;
}
