// Preloaded into the runner (`node --expose-gc --import`): notes its memory and descriptors while it works. With PROBE_CLOCK its clock runs faster.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const { PROBE_FILE, PROBE_OUT, PROBE_EVERY_MS = '1000', PROBE_CLOCK } = process.env;
const evidence = join(PROBE_OUT, 'latest/evidence/sha256');

if (PROBE_CLOCK !== undefined) {
  const now = Date.now.bind(Date);
  const begun = now();
  Date.now = () => begun + (now() - begun) * Number(PROBE_CLOCK);
}

/** Each step of the plans that are played here prints something else, so that the files tell how far it is. */
function count(folder) {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function note() {
  const { rss } = process.memoryUsage();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const line = { atMs: performance.now(), steps: count(evidence), rss, heap: heapUsed + arrayBuffers, descriptors: count('/proc/self/fd') };
  appendFileSync(PROBE_FILE, `${JSON.stringify(line)}\n`);
}

setInterval(note, Number(PROBE_EVERY_MS)).unref();
process.once('exit', note);
