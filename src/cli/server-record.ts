/** The note about the embedded server that was started by hand: which process holds it, and its address. For its owner's eyes only. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownerState } from '../environment/process-identity.ts';

export interface ServerRecord {
  /** The process that holds the server (its pid and start time), as `ownerMark` writes it. */
  readonly holder: string;
  readonly pid: number;
  readonly url: string;
  readonly version: string;
}

export function serverRecordPath(outFolder: string): string {
  return join(outFolder, 'server.json');
}

/** Fails (EEXIST) when there is one already: two servers by hand in one folder could not be told apart. */
export function writeServerRecord(path: string, record: ServerRecord): void {
  writeFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' });
}

/** The record of a server that still runs. That of a dead holder is removed; the server ended with it. */
export function readServerRecord(path: string): ServerRecord | undefined {
  const record = parse(path);
  if (record === undefined) return undefined;
  if (ownerState(record.holder) !== 'gone') return record;
  rmSync(path, { force: true });
  return undefined;
}

function parse(path: string): ServerRecord | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ServerRecord>;
    return typeof value.holder === 'string' && typeof value.pid === 'number' && typeof value.url === 'string' ? (value as ServerRecord) : undefined;
  } catch {
    return undefined;
  }
}
