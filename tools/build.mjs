// Builds dist/ when it is missing or was made from other sources. The new folder is made elsewhere and then put in place
// whole, under a lock, so that two commands started at once never see half.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const cache = join(root, 'node_modules', '.cache', 'proofplan');
const lock = join(cache, 'build.lock');
const validators = 'tools/build-validators.mjs';
const codePages = 'tools/build-code-pages.mjs';
const fixtures = ['fixtures/reading/codes', 'fixtures/reading/claims'];
const sources = ['src', 'schemas', 'package.json', 'package-lock.json', 'rolldown.config.ts', 'tools/build.mjs', 'tools/raw-text.mjs', validators, codePages, ...fixtures];
const generated = [join('src', 'compile', 'generated'), join('src', 'review', 'generated')];

/** SHA-256 over names and contents of everything that the build reads: times lie after a `git checkout`. */
export function digestSources() {
  const hash = createHash('sha256');
  for (const path of sources.flatMap(filesUnder)) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!existsSync(join(root, path)) || generated.includes(path)) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).sort().flatMap((name) => filesUnder(join(path, name)));
}

/** The digest that dist/ was made from; empty when it, or a generated module that tests read, is not there. */
function builtDigest() {
  const stamp = join(dist, '.sources');
  const complete = existsSync(stamp) && generated.every((folder) => existsSync(join(root, folder)));
  return complete ? readFileSync(stamp, 'utf8') : '';
}

/** Returns undefined when dist/ is as its sources are, else what went wrong. */
export function build() {
  if (builtDigest() === digestSources()) return undefined;
  mkdirSync(cache, { recursive: true });
  const release = takeLock();
  try {
    const digest = digestSources();
    return builtDigest() === digest ? undefined : buildNow(digest);
  } finally {
    release();
  }
}

function buildNow(digest) {
  const made = join(cache, `dist-${process.pid}`);
  rmSync(made, { recursive: true, force: true });
  const commands = [
    [validators],
    [codePages],
    ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.ts', '--dir', made, '--logLevel', 'warn'],
  ];
  for (const command of commands) {
    const ended = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (ended.status !== 0) return `node ${command.join(' ')} ended with ${ended.status ?? ended.signal}\n${ended.stdout}${ended.stderr}`;
    // A warning fails: an unresolved import is one, and is found at start otherwise.
    if (/\bwarning\b|WARN/i.test(ended.stderr)) return `node ${command.join(' ')} warns\n${ended.stderr}`;
  }
  writeFileSync(join(made, '.sources'), digest);
  const old = `${made}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(made, dist);
  rmSync(old, { recursive: true, force: true });
  return undefined;
}

/** A folder is the lock (mkdir is atomic); a lock whose process is gone is taken over. */
function takeLock() {
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (abandoned()) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

function abandoned() {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // No pid file yet: its maker is between mkdir and write, unless the lock is old.
    if (error.code === 'ENOENT') return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 10_000;
    return error.code === 'ESRCH';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = build();
  if (problem !== undefined) {
    console.error(problem);
    process.exitCode = 1;
  }
}
