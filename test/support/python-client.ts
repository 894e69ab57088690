/** Python with the database clients of `test/guard/client/requirements.txt`, made once per machine. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preparePython } from '../../src/environment/python-environment.ts';
import { must, testCacheFolder } from './postgres.ts';

const requirements = resolve(import.meta.dirname, '../guard/client/requirements.txt');

/** The interpreter's path, absolute. */
export async function findClientPython(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const workspace = join(testCacheFolder, `python-client-${digest}`);
  mkdirSync(workspace, { recursive: true, mode: 0o755 });
  copyFileSync(requirements, join(workspace, 'requirements.txt'));
  const made = await preparePython(
    { virtualEnvironment: '.venv', requirements: 'requirements.txt', minimum: '3.11' },
    { workspace, processEnvironment: process.env, lockTimeoutMs: 110_000 },
  );
  return join(must(made).folder, 'bin/python');
}
