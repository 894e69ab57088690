/** The honest statements of `fixtures/guard/honest`, as data: what clients and people send, grouped by what a step needs for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Capability } from '../../src/model/step.ts';
import { attackFolder } from './attack-corpus.ts';

export interface HonestStatement {
  readonly sql: string;
  /** Text parameters; with them it is sent by the extended protocol. */
  readonly values?: readonly (string | null)[];
  /** What the client sends into the copy that it begins. */
  readonly data?: string;
  /** The server's own SQLSTATE, where it is an error for the server too. */
  readonly error?: string;
  /** A false alarm that is known: the rule, and why. */
  readonly refused?: string;
  /** Its rows are others each time, or others in a read-only session. */
  readonly varies?: true;
}

/** Sent one after the other in one session. */
export interface HonestGroup {
  readonly family: string;
  readonly about: string;
  readonly needs: Capability;
  readonly statements: readonly HonestStatement[];
}

type RawGroup = Omit<HonestGroup, 'family' | 'statements'> & { readonly statements: readonly (string | HonestStatement)[] };

export function readHonestGroups(): readonly HonestGroup[] {
  const folder = join(attackFolder, 'honest');
  return readdirSync(folder)
    .sort()
    .flatMap((file) =>
      (parse(readFileSync(join(folder, file), 'utf8')) as RawGroup[]).map((group) => ({
        ...group,
        family: file.replace(/\.yaml$/, ''),
        statements: group.statements.map((statement) => (typeof statement === 'string' ? { sql: statement } : statement)),
      })),
    );
}
