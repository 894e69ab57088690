/** Descriptors that whoever started the runner left open: a step would have them, too, and could read or hold what is behind them. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC of open(2), as proc(5) shows it. Node opens everything with it, and sets it on what it was given up to the first gap. */
const closeOnExec = 0o2_000_000;

/** Closes them, but for the three streams. Call it when all files were read: one may be a plan (`<(…)` of a shell). Without /proc nothing is known. */
export function closeInheritedDescriptors(): void {
  let open: readonly number[] = [];
  try {
    open = readdirSync('/proc/self/fdinfo').map(Number);
  } catch {
    return;
  }
  for (const descriptor of open) {
    if (descriptor > 2 && isInherited(descriptor)) closeSync(descriptor);
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The one by which the list was read.
    return false;
  }
}
