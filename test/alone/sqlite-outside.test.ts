/**
 * The forbidden fallback in a folder that all programs of the machine share. Executions beside it would rightly ask whose file it
 * is, so this file runs when no other does (see vitest.config.ts).
 */
import { accessSync, constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openRunProof, seed } from '../support/run-proof.ts';
import { sampled } from '../support/sampled.ts';

/** /var/lib is only root's to write into: an application of an ordinary user has no store there either. */
const places = ['/var/tmp/proofplan-test-traces.db', '/var/lib/proofplan-test-traces/store.bin'].filter((path) =>
  writable(path.startsWith('/var/lib') ? dirname(dirname(path)) : dirname(path)),
);

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

test.each(sampled(places, 2))('traces in %s are found, named, and no pass', async (path) => {
  const folder = path.startsWith('/var/lib') ? path.slice(0, path.lastIndexOf('/')) : path;
  const backend = await openRunProof();
  try {
    const { text, addendum } = await seed('v4');
    const command = "PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL='<db_url>' \\\npython3 -m app.hoc.cus.integrations.cus_cli run";
    expect(text).toContain(command);
    const plan = text.replace('- `USE_POSTGRES_TRACES=true`.\n', '').replace(command, command.replace('USE_POSTGRES_TRACES=true', `TRACE_SQLITE_PATH=${path}`));
    const ended = await backend.run(await backend.writePlan('outside', plan, addendum));
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(3);
    expect(ended.verdict?.verdict).toBe('refused');
    expect(ended.stdout + ended.stderr).toContain(path);
  } finally {
    await backend.close();
    await rm(folder, { recursive: true, force: true });
  }
});
