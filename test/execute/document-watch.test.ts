import { createHash } from 'node:crypto';
import { appendFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DocumentWatch } from '../../src/execute/document-watch.ts';
import { readDocuments } from '../../src/execute/check-integrity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const text = '# A plan\n';
const sha256 = createHash('sha256').update(text).digest('hex');

async function watch(): Promise<{ readonly plan: string; readonly addendum: string; readonly config: string; readonly watch: DocumentWatch }> {
  const folder = temporaryFolder();
  const [plan, addendum, config] = ['plan.md', 'plan.addendum.yaml', 'proofplan.config.yaml'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(plan, text);
  writeFileSync(config, 'a: 1\n');
  return { plan, addendum, config, watch: new DocumentWatch(await readDocuments([{ path: plan, sha256 }], [addendum], [config, join(folder, 'none')])) };
}

test('nothing was changed', async () => {
  const { plan, watch: documents } = await watch();
  expect(await documents.look()).toEqual([]);
  utimesSync(plan, 1, 1);
  writeFileSync(plan, text);
  expect(await documents.look()).toEqual([]);
  expect(await documents.look({ thorough: true })).toEqual([]);
});

test('an edit of the same length with the times set back is seen', async () => {
  const { plan, watch: documents } = await watch();
  await documents.look();
  writeFileSync(plan, '# A plot\n');
  utimesSync(plan, 1, 1);
  expect(await documents.look()).toMatchObject([{ severity: 'error', code: 'execute/document-changed' }]);
});

test('what was changed once is told for ever, each file once', async () => {
  const { plan, addendum, config, watch: documents } = await watch();
  appendFileSync(plan, 'More.\n');
  expect(await documents.look()).toHaveLength(1);
  writeFileSync(plan, text);
  writeFileSync(addendum, '');
  rmSync(config);
  expect(await documents.look()).toHaveLength(3);
  writeFileSync(config, 'a: 1\n');
  rmSync(addendum);
  const told = await documents.look({ thorough: true });
  expect(told.map(({ message }) => message)).toEqual([
    `\`${plan}\` was edited during the execution`,
    expect.stringContaining('was made during the execution'),
    `\`${config}\` was removed during the execution`,
  ]);
});
