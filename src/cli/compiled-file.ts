/** What compiling a plan for a command takes and gives. */
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { EnvironmentConfig, ProjectConfig } from '../model/environment.ts';
import type { Plan } from '../model/plan.ts';
import type { PlacedDecision } from '../model/policy.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import type { EnvironmentChoice } from './config-file.ts';
import type { InputFile } from './input-file.ts';

export interface CompiledFile {
  readonly path: string;
  /** Undefined where the file could not be read at all. */
  readonly file: InputFile | undefined;
  readonly addendum: InputFile | undefined;
  readonly plan: Plan | undefined;
  readonly environment: EnvironmentConfig | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What the texts of its steps do not show. */
  readonly decisions?: readonly PlacedDecision[];
  /** The plans that it links and demands first. */
  readonly prerequisites?: readonly Prerequisite[];
}

export interface CompileRequest extends EnvironmentChoice {
  /** `none`: the configuration gives its baseline and nothing else; `chosen`: values are demanded, as for an execution. */
  readonly use: 'none' | 'chosen';
  /** May answers of PostgreSQL's parser come from the cache? Not for what is executed. */
  readonly cached: boolean;
  /** Names with a value from the command line. */
  readonly given: readonly string[];
  /** For several plans in one command; without it, each has its own. */
  readonly session?: CompileSession;
  /** The plans that led here by their links. */
  readonly ancestors?: readonly { readonly path: string; readonly real: string }[];
}

/** What the plans of one command share: a parser, whose worker is started once, and the configurations that were read. */
export interface CompileSession {
  readonly parser: () => Promise<SqlParser>;
  readonly config: (folder: string) => Promise<Checked<ProjectConfig>>;
  /** Plans that others link, compiled, by their real path. */
  readonly linked: Map<string, CompiledFile>;
  readonly close: () => Promise<void>;
}

/** One link of a plan with the plan that it leads to. */
export interface Prerequisite {
  readonly link: string;
  readonly compiled: CompiledFile;
}
