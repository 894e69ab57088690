/** How far one command under the guard is kept apart from the machine: as the steps of a plan are, with its working folder as workspace. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Isolation } from '../guard/isolation.ts';
import { probeIsolation } from '../guard/isolation-probe.ts';
import type { CanaryResult, Sandbox, StepDoor } from '../model/contract.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { isStronger } from '../policy/decide-isolation.ts';

export interface CommandIsolation {
  /** For the gateway's Unix socket; absent where the command keeps its network. */
  readonly socketFolder?: string;
  /** The runner itself tries what must not be possible from inside. */
  readonly canaries: () => Promise<readonly CanaryResult[]>;
  /** Undefined for the level `none`. */
  readonly sandbox: (door: StepDoor) => Sandbox | undefined;
  readonly close: () => void;
}

export interface CommandIsolationOptions {
  readonly level: IsolationLevel;
  readonly workingFolder: string;
  /** Absolute. */
  readonly privateFolders: readonly string[];
}

/** Without a value where the machine does not reach the level. */
export async function openCommandIsolation({ level, workingFolder, privateFolders }: CommandIsolationOptions): Promise<Checked<CommandIsolation>> {
  if (level === 'none') return { value: { canaries: () => Promise.resolve([]), sandbox: () => undefined, close: () => undefined }, diagnostics: [] };
  const support = await probeIsolation();
  if (isStronger(level, support.level)) {
    const { reason, help } = support;
    return {
      value: undefined,
      diagnostics: [
        {
          severity: 'error',
          code: 'execute/not-isolated',
          message: `isolation \`${level}\` is asked for, and this machine reaches \`${support.level}\``,
          ...(reason === undefined ? {} : { notes: [reason] }),
          help: help ?? 'start the command without --isolation',
        },
      ],
    };
  }
  const record = join(workingFolder, '.proofplan');
  const ground = { workspace: workingFolder, workspaceWritable: true, record, protectedPaths: [], privateFolders, guarded: true };
  const isolation = new Isolation({ support, node: process.execPath, ground });
  const socketFolder = level === 'network' ? mkdtempSync(join(tmpdir(), 'proofplan-door-')) : undefined;
  const folders = socketFolder === undefined ? [] : [socketFolder];
  return {
    value: {
      ...(socketFolder === undefined ? {} : { socketFolder }),
      canaries: async () => {
        const answer = await isolation.canary(level);
        return answer === undefined ? [] : [answer];
      },
      sandbox: (door) => isolation.sandbox({ level, folders, door }),
      close: () => {
        if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
      },
    },
    diagnostics: [],
  };
}
