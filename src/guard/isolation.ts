// The sandboxes of one execution's steps: what this machine reaches, put together with what its steps must not have.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CanaryResult, Sandbox, StepDoor } from '../model/contract.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { computingDevices, type Ground, isSystemWritable, socketsToClose, treatGround } from './isolation-ground.ts';
import type { Relay } from './isolation-keeper.ts';
import { isolate, type IsolationPlan, type Treatment } from './isolation-plan.ts';
import { type IsolationSupport, tryIsolation } from './isolation-probe.ts';

const systemLoaderFiles = ['/etc/ld.so.preload'];

export interface IsolationOptions {
  /** Found by `probeIsolation`. */
  readonly support: IsolationSupport;
  readonly ground: Ground;
  /** Absolute: the Node that carries connections to the gateway where a sandbox has no network. */
  readonly node: string;
  /** Files by which something is loaded into every program that is started (ld.so(8)). Only root can write the system's. */
  readonly loaderFiles?: readonly string[];
}

export interface SandboxRequest {
  /** No more than what is supported. */
  readonly level: IsolationLevel;
  /** The step's own, absolute: to be written wherever they lie. */
  readonly folders: readonly string[];
  readonly door?: Pick<StepDoor, 'url' | 'socketFolder'>;
}

export class Isolation {
  readonly #options: IsolationOptions;
  readonly #root = process.getuid?.() === 0;
  readonly #loading: string;
  #machine: { readonly treatments: ReadonlyMap<string, Treatment>; readonly devices: readonly string[]; readonly systemWritable: boolean } | undefined;

  constructor(options: IsolationOptions) {
    this.#options = options;
    this.#loading = this.#loaderMark();
  }

  get support(): IsolationSupport {
    return this.#options.support;
  }

  /**
   * One step's; undefined for the level `none`. Looks for sockets anew: they come and go. Throws where a folder is not there, and
   * where an earlier step has put something before every program that is started now, whatever its environment.
   */
  sandbox(request: SandboxRequest): Sandbox | undefined {
    if (this.#loaderMark() !== this.#loading)
      throw new Error(`${this.#loaderFiles.join(' or ')} was changed during the execution: what it names is loaded into every program`);
    const plan = this.#plan(request);
    return plan && { level: plan.level, wrap: (call) => isolate(plan, call) };
  }

  /** The runner itself tries what must not be possible from inside; undefined for the level `none`. Never rejects. */
  async canary(level: IsolationLevel): Promise<CanaryResult | undefined> {
    const plan = this.#plan({ level, folders: [] });
    return plan && tryIsolation(plan);
  }

  get #loaderFiles(): readonly string[] {
    return this.#options.loaderFiles ?? systemLoaderFiles;
  }

  #loaderMark(): string {
    return this.#loaderFiles
      .map((path) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
      })
      .join();
  }

  #plan({ level, folders, door }: SandboxRequest): IsolationPlan | undefined {
    const { support, ground, node } = this.#options;
    const { program, bash } = support;
    if (level === 'none' || program === undefined || bash === undefined) return undefined;
    const relay = level === 'network' && door !== undefined ? relayTo(door, node) : undefined;
    // Asked once: it is the same for each step, and takes milliseconds.
    this.#machine ??= { treatments: treatGround(ground), devices: this.#root ? computingDevices() : [], systemWritable: this.#root && isSystemWritable() };
    // What has gone meanwhile must not come into being as a mount's place.
    const treatments = new Map([...this.#machine.treatments].filter(([path]) => existsSync(path)));
    for (const folder of folders) treatments.set(realpathSync.native(folder), 'same');
    for (const path of socketsToClose({ all: level === 'network', guarded: ground.guarded, kept: relay?.socket })) treatments.set(path, 'empty file');
    return { ...this.#machine, level, program, bash, root: this.#root, treatments, ...(relay === undefined ? {} : { relay }) };
  }
}

/** The same address inside as outside, so that plans need to know nothing of it. */
function relayTo({ url, socketFolder }: Pick<StepDoor, 'url' | 'socketFolder'>, node: string): Relay | undefined {
  const port = Number(new URL(url).port);
  const socket = socketFolder === undefined ? undefined : join(socketFolder, `.s.PGSQL.${port}`);
  return socket !== undefined && existsSync(socket) ? { node, port, socket } : undefined;
}
