/** `proofplan audit prove|check-proof`: one entry of a journal, proven to somebody who has not the journal. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { messageOf } from '../model/diagnostic.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { folderArgument, misusedExpectations, renderSignature } from './audit-option.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { readInput } from './input-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface CheckOptions {
  readonly expectRoot?: string;
  readonly vkey?: string;
  readonly json?: true;
}

export function addProof(audit: Program, context: CommandContext, finish: Finish): void {
  audit
    .command('prove')
    .description('prove that an entry stands in the journal, with a file that can be checked by itself')
    .argument(...folderArgument)
    .argument('<seq>', "the entry's number", parseSeq)
    .option('-o, --out <file>', 'write the proof to a new file')
    .addHelpText('after', examples('audit prove .proofplan/latest 17 --out proof.json'))
    .action(async (folder, seq, options) => finish(await prove(folder, seq, options.out, context)));
  audit
    .command('check-proof')
    .description('check what `audit prove` has written, without the journal; exit code 0 only if it holds')
    .argument('<file>', 'a proof, or - for standard input')
    .option('--expect-root <sha256>', "the journal's root, as the AUDIT line said it")
    .option('--vkey <key>', 'the verifier key of the checkpoint')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('audit check-proof proof.json'))
    .action(async (file, options) => finish(await check(file, options, context)));
}

function parseSeq(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new InvalidArgumentError('Write the number of an entry, from 1.');
  return Number(text);
}

async function prove(folder: string, seq: number, out: string | undefined, context: CommandContext): Promise<number> {
  const found = findExecution(folder, context);
  await say(context, found.diagnostics);
  if (found.value === undefined) return usageExitCode;
  const { proveEntry } = await import('../review/audit-proof.ts');
  const proof = await proveEntry(found.value.absolute, seq);
  await say(context, proof.diagnostics);
  // A record that is not whole is a finding, an entry that is not there is misuse.
  if (proof.value === undefined) return proof.diagnostics.some(({ code }) => code === 'cli/unknown-entry') ? usageExitCode : exitCodes.failed;
  const text = `${JSON.stringify(proof.value, undefined, 2)}\n`;
  if (out === undefined) {
    context.out(text);
    return 0;
  }
  try {
    writeFileSync(resolve(context.workingFolder, out), text, { flag: 'wx' });
    return 0;
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    await say(context, [
      exists
        ? { severity: 'error', code: 'cli/file-exists', message: `\`${out}\` is already there`, help: 'name another file with --out' }
        : {
            severity: 'error',
            code: 'cli/unwritable-file',
            message: `\`${out}\` cannot be written: ${messageOf(error)}`,
            help: 'name another file with --out',
          },
    ]);
    return usageExitCode;
  }
}

async function check(path: string, options: CheckOptions, context: CommandContext): Promise<number> {
  const misused = await misusedExpectations(options);
  await say(context, misused);
  if (misused.length > 0) return usageExitCode;
  const file = await readInput(path, context);
  await say(context, file.diagnostics);
  if (file.value === undefined) return usageExitCode;
  const [{ verifyProof }, { renderFinding }, { plainLine }] = await Promise.all([
    import('../review/audit-proof.ts'),
    import('../review/audit-finding.ts'),
    import('../review/plain-text.ts'),
  ]);
  const { findings, entry, root, signature } = verifyProof(file.value.bytes, file.value.path, {
    ...(options.expectRoot === undefined ? {} : { expectRoot: options.expectRoot }),
    ...(options.vkey === undefined ? {} : { verifierKey: options.vkey }),
  });
  const holds = findings.length === 0;
  await say(context, findings.map(renderFinding));
  if (options.json === true) context.out(`${JSON.stringify({ holds, findings, entry, root, signature })}\n`);
  else if (!holds || entry === undefined) context.out('the proof does not hold\n');
  else
    context.out(
      [
        `entry ${entry.seq} (${entry.kind}, ${entry.ts}) stands in the journal of ${entry.execution} under root ${String(root)}`,
        `it says ${plainLine(JSON.stringify(entry.data))}`,
        renderSignature(signature),
        '',
      ].join('\n'),
    );
  return holds ? 0 : exitCodes.failed;
}
