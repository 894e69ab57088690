/**
 * Faults of the file system in a program that does not know of it: `node:fs` in its synchronous, callback and promise form,
 * replaced before the program takes it. Files below a watched folder alone are counted and disturbed; all others are as always.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the system answers instead. `late`: it does the act, and then answers EIO. */
export type SystemCode = 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EINTR' | 'EROFS' | 'EMFILE' | 'EACCES';
/** `lost` and `flipped`: the system says yes, and kept nothing, or something else. */
export type Fault = SystemCode | 'short' | 'late' | 'lost' | 'flipped' | 'slow';

export type FileKind = 'journal' | 'checkpoint' | 'verdict' | 'report' | 'evidence' | 'ledger' | 'lock' | 'latest' | 'folder' | 'head' | 'workspace' | 'other';

/** The `nth` call (from 1) of a function on a kind of file. */
export interface FaultPoint {
  readonly file: FileKind;
  readonly call: string;
  readonly nth: number;
  readonly fault: Fault;
  /** That call and every later one. */
  readonly lasting?: true;
}

export interface Watch {
  /** Calls by `file call`, in the order of their first. */
  readonly counts: Map<string, number>;
  /** Did the fault happen? */
  fired: boolean;
  readonly end: () => void;
}

type Call = (this: unknown, ...given: unknown[]) => unknown;
type Functions = Record<string, Call>;

interface Armed extends Watch {
  readonly folder: string;
  readonly point: FaultPoint | undefined;
}

/** How long a call takes that is `slow`. */
export const slowMs = 600;

const armed = new Set<Armed>();
const descriptorPaths = new Map<number, string>();
let installed = false;

/** By what a call does with the bytes, the faults that mean something for it. */
const shapes = {
  write: ['writeSync', 'write', 'appendFileSync'],
  writeFile: ['writeFileSync', 'writeFile'],
  read: ['readSync', 'read'],
} as const;
const codes: readonly SystemCode[] = ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'EROFS', 'EMFILE', 'EACCES'];

/** Every fault that a call of this name can have. */
export function faultsOf(call: string): readonly Fault[] {
  if (isOf('write', call) || isOf('writeFile', call)) return [...codes, 'short', 'late', 'lost', 'flipped', 'slow'];
  // A file that is read short is read on.
  if (isOf('read', call)) return [...codes, 'short', 'slow'];
  // What was opened and is not told could be closed by nobody.
  return /open/i.test(call) ? [...codes, 'slow'] : [...codes, 'late', 'slow'];
}

function isOf(shape: keyof typeof shapes, call: string): boolean {
  const name = call.replace(/^(?:promises|handle)\./, '');
  return (shapes[shape] as readonly string[]).includes(name);
}

/** Counts the calls on files below the folder, and disturbs the one that is named. */
export function watchCalls(folder: string, point?: FaultPoint): Watch {
  install();
  const watch: Armed = { folder: resolve(folder), point, counts: new Map(), fired: false, end: () => armed.delete(watch) };
  armed.add(watch);
  return watch;
}

function install(): void {
  if (installed) return;
  installed = true;
  const plain = fs as unknown as Functions;
  for (const name of Object.keys(plain)) {
    const act = plain[name];
    if (typeof act !== 'function' || /^[A-Z_]/.test(name) || /Stream$|^watch|^unwatch|^glob|openAsBlob|^exists/.test(name)) continue;
    if (name.endsWith('Sync')) plain[name] = withProperties(synchronous(name, act), act);
    else if (`${name}Sync` in plain) plain[name] = withProperties(callback(name, act), act);
  }
  const promised = fs.promises as unknown as Functions;
  for (const name of Object.keys(promised)) {
    const act = promised[name];
    if (typeof act === 'function' && name !== 'watch' && name !== 'glob') promised[name] = promise(`promises.${name}`, act);
  }
  syncBuiltinESMExports();
}

/** `realpathSync.native`, and what `util.promisify` looks for. */
function withProperties(call: Call, original: Call): Call {
  const { length: _length, name: _name, prototype: _prototype, ...others } = Object.getOwnPropertyDescriptors(original as unknown as Record<string, unknown>);
  return Object.defineProperties(call, others as PropertyDescriptorMap) as Call;
}

function synchronous(name: string, act: Call): Call {
  return function (...given) {
    const fault = find(name, given);
    const value = fault === undefined ? act.apply(this, given) : disturb(fault, name, given, (changed) => act.apply(this, changed));
    noteDescriptor(name, given, value);
    return value;
  };
}

function callback(name: string, act: Call): Call {
  return function (...given) {
    const fault = find(name, given);
    const done = given.at(-1);
    if (fault === undefined || typeof done !== 'function') {
      if (name === 'close') noteDescriptor('closeSync', given, undefined);
      return act.apply(this, given);
    }
    const answer = done as (error: unknown, value?: unknown) => void;
    const parameters = given.slice(0, -1);
    const calls = (changed: readonly unknown[]): Promise<unknown> =>
      new Promise((settle, reject) => {
        act.call(this, ...changed, (error: unknown, value: unknown) => (error === null || error === undefined ? settle(value) : reject(error as Error)));
      });
    void disturbLater(fault, name, parameters, calls).then(
      (value) => answer(null, value),
      (error: unknown) => answer(error),
    );
    return undefined;
  };
}

function promise(name: string, act: Call): Call {
  return async function (...given) {
    const fault = find(name, given);
    const calls = async (changed: readonly unknown[]): Promise<unknown> => act.call(this, ...changed);
    const value = fault === undefined ? await calls(given) : await disturbLater(fault, name, given, calls);
    if (name === 'promises.open') wrapOpened(value, given);
    return value;
  };
}

/** The methods of an open file, on the object itself: all others share the prototype. */
function wrapOpened(value: unknown, given: readonly unknown[]): void {
  const path = pathOf(given[0]);
  if (path === undefined || typeof value !== 'object' || value === null || ![...armed].some((watch) => isBelow(path, watch.folder))) return;
  const file = value as Functions;
  for (const name of ['read', 'write', 'writev', 'readFile', 'writeFile', 'appendFile', 'stat', 'sync', 'datasync', 'truncate', 'close']) {
    const act = file[name];
    if (typeof act !== 'function') continue;
    Object.defineProperty(file, name, {
      configurable: true,
      value: async (...parameters: unknown[]): Promise<unknown> => {
        const fault = find(`handle.${name}`, [path]);
        const calls = async (changed: readonly unknown[]): Promise<unknown> => act.apply(file, [...changed]);
        return fault === undefined ? calls(parameters) : disturbLater(fault, `handle.${name}`, parameters, calls);
      },
    });
  }
}

/** Counts the call wherever it is watched. Answers with its fault, where it is the one to disturb. */
function find(call: string, given: readonly unknown[]): Fault | undefined {
  if (armed.size === 0) return undefined;
  const path = pathOf(/rename|symlink|copyFile|^link|\.link/.test(call) ? given[1] : given[0]);
  if (path === undefined) return undefined;
  for (const watch of armed) {
    if (!isBelow(path, watch.folder)) continue;
    const file = kindOf(relative(watch.folder, path));
    const key = `${file} ${call}`;
    const nth = (watch.counts.get(key) ?? 0) + 1;
    watch.counts.set(key, nth);
    const { point } = watch;
    if (point?.file === file && point.call === call && (point.nth === nth || (point.lasting === true && nth > point.nth))) {
      watch.fired = true;
      return point.fault;
    }
  }
  return undefined;
}

function disturb(fault: Fault, name: string, given: readonly unknown[], act: (changed: unknown[]) => unknown): unknown {
  switch (fault) {
    case 'slow':
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slowMs);
      return act([...given]);
    case 'late':
      act([...given]);
      throw systemError('EIO', name);
    case 'short':
    case 'lost':
    case 'flipped': {
      const { parameters, answer } = twist(fault, name, given, 'sync');
      const value = act(parameters);
      return answer(value);
    }
    default:
      // A file that could not be closed is closed all the same.
      if (/close/.test(name)) act([...given]);
      throw systemError(fault, name);
  }
}

async function disturbLater(fault: Fault, name: string, given: readonly unknown[], act: (changed: readonly unknown[]) => Promise<unknown>): Promise<unknown> {
  switch (fault) {
    case 'slow':
      await new Promise((settle) => setTimeout(settle, slowMs));
      return act(given);
    case 'late':
      await act(given);
      throw systemError('EIO', name);
    case 'short':
    case 'lost':
    case 'flipped': {
      const { parameters, answer } = twist(fault, name, given, 'later');
      return answer(await act(parameters));
    }
    default:
      if (/close/.test(name)) await act(given);
      throw systemError(fault, name);
  }
}

interface Twisted {
  readonly parameters: unknown[];
  readonly answer: (value: unknown) => unknown;
}

/** Other bytes than the ones that were given, and what the caller is told. */
function twist(fault: 'short' | 'lost' | 'flipped', name: string, given: readonly unknown[], form: 'sync' | 'later'): Twisted {
  const ofHandle = name.startsWith('handle.');
  if (isOf('writeFile', name)) {
    const at = ofHandle ? 0 : 1;
    const whole = Buffer.from(given[at] as Uint8Array);
    const bytes = fault === 'short' ? whole.subarray(0, whole.length >> 1) : fault === 'lost' ? Buffer.alloc(0) : flip(whole);
    const answer = (value: unknown): unknown => {
      // Node writes on until the system says why it does not.
      if (fault === 'short') throw systemError('ENOSPC', name);
      return value;
    };
    return { parameters: given.with(at, bytes), answer };
  }
  if (isOf('write', name)) {
    const at = ofHandle ? 0 : 1;
    const offset = typeof given[at + 1] === 'number' ? (given[at + 1] as number) : 0;
    const whole = Buffer.from(given[at] as Uint8Array).subarray(offset);
    const bytes = fault === 'short' ? whole.subarray(0, whole.length >> 1) : fault === 'lost' ? Buffer.alloc(0) : flip(whole);
    const told = fault === 'short' ? bytes.length : whole.length;
    return {
      parameters: [...given.slice(0, at), bytes],
      answer: () => (form === 'sync' || !ofHandle ? told : { bytesWritten: told, buffer: given[at] }),
    };
  }
  // Reading: fewer bytes than there is room for.
  const at = ofHandle ? 0 : 1;
  const room = given[at] as Uint8Array;
  return { parameters: [...given.slice(0, at), room, 0, Math.max(1, room.length >> 1), null], answer: (value) => value };
}

function flip(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.length >> 1;
  if (at < changed.length) changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

function systemError(code: SystemCode, call: string): Error {
  return Object.assign(new Error(`${code}: injected, ${call}`), { code, syscall: call });
}

function noteDescriptor(name: string, given: readonly unknown[], value: unknown): void {
  if (name === 'openSync' && typeof value === 'number') {
    const path = pathOf(given[0]);
    if (path !== undefined && [...armed].some((watch) => isBelow(path, watch.folder))) descriptorPaths.set(value, path);
  } else if (name === 'closeSync') descriptorPaths.delete(given[0] as number);
}

function pathOf(given: unknown): string | undefined {
  if (typeof given === 'number') return descriptorPaths.get(given);
  if (typeof given === 'string') return resolve(given);
  if (Buffer.isBuffer(given)) return resolve(given.toString());
  return given instanceof URL ? fileURLToPath(given) : undefined;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** By the names that an output folder holds, and what lies beside one that is called `out`. */
const kinds: readonly (readonly [RegExp, FileKind])[] = [
  [/^state\/heads/, 'head'],
  [/^workspace(?:\/|$)/, 'workspace'],
  [/^ledger\.jsonl/, 'ledger'],
  [/^ledger\.lock/, 'lock'],
  [/^latest/, 'latest'],
  [/\/journal\.jsonl$/, 'journal'],
  [/\/checkpoint$/, 'checkpoint'],
  [/\/verdict\.json/, 'verdict'],
  [/\/report\.\w+/, 'report'],
  [/\/evidence\/sha256\/./, 'evidence'],
  [/^(?:executions(?:\/[^/]+(?:\/evidence(?:\/sha256)?)?)?)?$/, 'folder'],
];

function kindOf(path: string): FileKind {
  const inside = path === 'out' ? '' : path.replace(/^out\//, '');
  return kinds.find(([pattern]) => pattern.test(inside))?.[1] ?? 'other';
}
