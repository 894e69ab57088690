#!/usr/bin/env node
/** The entry: answers `--version` at once and imports nothing before it is needed, because people wait for start-up. */
import packageJson from '../../package.json' with { type: 'json' };

const { version } = packageJson;
const [first, ...others] = process.argv.slice(2);
if ((first === '--version' || first === '-V') && others.length === 0) process.stdout.write(`${version}\n`);
else {
  try {
    const { start } = await import('./start.ts');
    await start(process, version);
  } catch (error) {
    // Node's own end is 1, which is a verdict: here nothing has been judged (no descriptor left, a file of the program missing).
    process.stderr.write(`error[cli/internal]: the program could not be started: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(5);
  }
}
