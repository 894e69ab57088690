/** Sandboxes for tests, around a folder of their own. */
import type { Ground } from '../../src/guard/isolation-ground.ts';
import { Isolation } from '../../src/guard/isolation.ts';
import { probeIsolation } from '../../src/guard/isolation-probe.ts';
import type { Sandbox, StepDoor } from '../../src/model/contract.ts';
import type { IsolationLevel } from '../../src/model/policy.ts';

export interface SandboxOptions extends Partial<Ground> {
  readonly folders?: readonly string[];
  readonly door?: Pick<StepDoor, 'url' | 'socketFolder'>;
}

/** Throws where the machine does not reach the level: ask `need` first. */
export async function makeSandbox(level: IsolationLevel, workspace: string, { folders = [], door, ...ground }: SandboxOptions = {}): Promise<Sandbox> {
  const support = await probeIsolation();
  const isolation = new Isolation({
    support,
    node: process.execPath,
    ground: { workspace, workspaceWritable: true, record: '/nowhere', protectedPaths: [], privateFolders: [], guarded: false, ...ground },
  });
  const sandbox = isolation.sandbox({ level, folders, ...(door === undefined ? {} : { door }) });
  if (sandbox === undefined) throw new Error(`no sandbox of the level ${level}: ${support.reason}`);
  return sandbox;
}
