/** Programs by absolute path and digest. Never by PATH: a planted `bash` or `rg` would run the plan, or not run it. */
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, realpathSync, statSync } from 'node:fs';
import type { StepEvidence } from '../model/evidence.ts';

export type Program = NonNullable<StepEvidence['program']>;

const bashPlaces = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash', '/run/current-system/sw/bin/bash'];

/** Digests by path and state of the file: hashing a shell for every step would cost more than the step. */
const digests = new Map<string, string>();

/** The system's bash; undefined where there is none. */
export async function findBash(): Promise<Program | undefined> {
  for (const place of bashPlaces) {
    const program = await identifyProgram(place);
    if (program !== undefined) return program;
  }
  return undefined;
}

/** The file behind a path, links followed, with its SHA-256 in hex; undefined when it cannot be executed. */
export async function identifyProgram(path: string): Promise<Program | undefined> {
  try {
    accessSync(path, constants.X_OK);
    const resolved = realpathSync.native(path);
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(resolved, { bigint: true });
    const state = [resolved, dev, ino, size, mtimeNs, ctimeNs].join(':');
    const sha256 = digests.get(state) ?? (await digest(resolved));
    digests.set(state, sha256);
    return { path: resolved, sha256 };
  } catch {
    return undefined;
  }
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
