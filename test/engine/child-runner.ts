/** A runner in a process of its own, which can be killed and whose memory can be capped: the engine in one bundle under the same Node. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { makeFolder } from './fixture.ts';

const root = join(import.meta.dirname, '../..');

/** Starts `program`, the text of an ES module in which `engine` and `folder` are known, with at most so many open descriptors; descriptor 9 is one that its parent left open. */
export async function startRunner(program: string, nodeOptions: readonly string[] = [], descriptors = 1_024): Promise<ChildProcessWithoutNullStreams> {
  const folder = makeFolder();
  const entry = join(folder, 'entry.ts');
  const sources = ['engine/shell-engine.ts', 'engine/subprocess.ts', 'engine/watchdog.ts', 'model/redaction.ts'].map((path) => join(root, 'src', path));
  writeFileSync(entry, sources.map((path) => `export * from ${JSON.stringify(path)};\n`).join(''));
  const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'silent', resolve: { modules: [join(root, 'node_modules')] } });
  await bundle.write({ file: join(folder, 'engine.mjs'), format: 'esm', codeSplitting: false });
  await bundle.close();
  const file = join(folder, 'runner.mjs');
  writeFileSync(file, `import * as engine from './engine.mjs';\nconst folder = ${JSON.stringify(folder)};\n${program}`);
  return spawn('/bin/bash', ['-c', `ulimit -n ${descriptors}; exec 9</etc/passwd; exec "$@"`, 'runner', process.execPath, ...nodeOptions, file], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Everything the runner printed, when it has ended; its standard error is added to a failure. */
export async function endOf(
  runner: ChildProcessWithoutNullStreams,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  runner.stdout.on('data', (chunk: Buffer) => void (texts.stdout += chunk.toString()));
  runner.stderr.on('data', (chunk: Buffer) => void (texts.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => runner.once('close', resolve));
  return { code, ...texts };
}
