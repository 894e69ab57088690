/** Plans to begin with: each compiles without a warning and can be executed. */
import databaseValidation from './template/database-validation.md?raw';
import minimal from './template/minimal.md?raw';
import releaseGate from './template/release-gate.md?raw';
import runbook from './template/runbook.md?raw';

export interface Template {
  readonly name: string;
  readonly purpose: string;
  readonly text: string;
}

/** The first is the one that is meant where none is named. */
export const templates: readonly Template[] = [
  { name: 'minimal', purpose: 'one command and what it must show', text: minimal },
  { name: 'database-validation', purpose: 'read-only questions to a PostgreSQL database', text: databaseValidation },
  { name: 'release-gate', purpose: 'what must hold of a git repository before a version is released', text: releaseGate },
  { name: 'runbook', purpose: 'tasks for people, and what shows that they worked', text: runbook },
];
