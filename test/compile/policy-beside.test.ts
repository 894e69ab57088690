/** Sentences beside a rule that is understood: what demands something is a rule, too; what explains is not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each([
  ['Be nice to the database. No manual DB inserts.', 'Be nice to the database.'],
  ['No manual DB inserts. Keep the noise down.', 'Keep the noise down.'],
  ['No manual DB inserts. They have hidden defects before.', undefined],
  ['No manual DB inserts. Be aware that they have hidden defects before.', undefined],
])('%s', async (policy, unenforced) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'plan.md'), `# A plan\n\n**Policy:** ${policy}\n\n\`\`\`bash\ntrue\n\`\`\`\n\n**Expected:** exit code 0\n`);
  const { exitCode, stderr } = await command(['check', 'plan.md'], { cwd });
  expect([exitCode, stderr.match(/no guard is known for this rule: `([^`]*)`/)?.[1]]).toEqual([unenforced === undefined ? 0 : 2, unenforced]);
});
