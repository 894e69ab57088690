/** The modules under test in one bundle, so that processes of their own can run them, and be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const sources = join(import.meta.dirname, '../../src/journal');

export interface JournalProgram {
  /**
   * Starts `node` on a module text that may import everything of the journal from `journal`. Standard output is piped.
   * `fileBlocks`: no file may have more than so many blocks of 512 or 1024 bytes.
   */
  readonly start: (text: string, parameters: readonly string[], fileBlocks?: number) => ChildProcess;
  readonly remove: () => void;
}

export async function buildJournalProgram(): Promise<JournalProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-program-'));
  const entry = join(folder, 'entry.ts');
  writeFileSync(
    entry,
    ['execution-folder', 'journal-writer', 'ledger', 'ledger-lock'].map((name) => `export * from ${JSON.stringify(join(sources, `${name}.ts`))};\n`).join(''),
  );
  const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: join(folder, 'journal.mjs'), format: 'esm', codeSplitting: false });
  await bundle.close();
  let count = 0;
  return {
    start: (text, parameters, fileBlocks) => {
      count += 1;
      const path = join(folder, `program-${count}.mjs`);
      writeFileSync(path, text.replace("'journal'", "'./journal.mjs'"));
      const limit = fileBlocks === undefined ? '' : `ulimit -f ${fileBlocks}; `;
      return spawn('sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, path, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
