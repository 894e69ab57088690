// `npm run proofplan -- …`: the command line from a clone, built first where that is needed. What the build says goes to
// stderr, so that stdout is the command's own.
import { build } from './build.mjs';

const problem = build();
if (problem === undefined) await import('../dist/proofplan.js');
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 5;
}
