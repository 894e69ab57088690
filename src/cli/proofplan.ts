#!/usr/bin/env node
/** The entry: answers `--version` at once and imports nothing before it is needed, because people wait for start-up. */
import packageJson from '../../package.json' with { type: 'json' };

const { version } = packageJson;
const [first, ...others] = process.argv.slice(2);
if ((first === '--version' || first === '-V') && others.length === 0) process.stdout.write(`${version}\n`);
else {
  const { start } = await import('./start.ts');
  await start(process, version);
}
