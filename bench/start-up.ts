/** What the command line costs before it does anything, against `node -e 0`. */
import { proofplan, spread, timeCommand, type Row } from './measure.ts';

export async function measure(): Promise<readonly Row[]> {
  const commands = {
    version: ['node', proofplan, '--version'],
    check: ['node', proofplan, 'check', 'plans/run-proof-v4.md'],
  };
  const ratios: Record<keyof typeof commands, number[]> = { version: [], check: [] };
  for (const command of Object.values(commands)) timeCommand(command);
  for (let repetition = 0; repetition < 20; repetition += 1) {
    const bare = timeCommand(['node', '-e', '0']);
    for (const [name, command] of Object.entries(commands)) ratios[name as keyof typeof commands].push(timeCommand(command) / bare);
  }
  const uncached: number[] = [];
  for (let repetition = 0; repetition < 10; repetition += 1) {
    const bare = timeCommand(['node', '-e', '0']);
    uncached.push(timeCommand(commands.check, { env: { XDG_CACHE_HOME: `/tmp/proofplan-bench-no-cache-${process.pid}-${repetition}` } }) / bare);
  }
  return [
    { what: '`--version` against `node -e 0`', figure: spread(ratios.version), aim: '1.1' },
    { what: '`check plans/run-proof-v4.md`, SQL answers cached, against `node -e 0`', figure: spread(ratios.check), aim: '2.3' },
    { what: '`check plans/run-proof-v4.md`, nothing cached, against `node -e 0`', figure: spread(uncached), aim: '5' },
  ];
}
