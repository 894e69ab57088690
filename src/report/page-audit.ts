/** The audit trail of a page: what was done before the first step, with what, which digests fix it, and how to check all of it. */
import type { EventData } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent } from './page-node.ts';
import { codeNode, evidenceLink, factsNode, tableNode } from './page-part.ts';
import type { PageRecord } from './page-record.ts';
import type { PageHead } from './page-top.ts';
import { count, renderDuration } from './verdict-mark.ts';

export function auditSection(record: PageRecord, { execution, head }: PageHead): PageContent {
  const { opened, lists } = record;
  return element(
    'section',
    { ariaLabelledBy: ['audit'] },
    element('h2', { id: 'audit' }, 'Audit trail'),
    opened
      ? factsNode([
          ['tool', `${opened.tool.name} ${opened.tool.version}, Node ${opened.tool.node}`],
          ['command', codeNode(shorten(opened.argv.join(' '), 1_000))],
          ['machine', `${opened.host.platform} ${opened.host.release} ${opened.host.architecture}, user ${opened.host.user ?? 'unknown'}`],
          [
            'database',
            opened.database
              ? `PostgreSQL ${opened.database.version}, database ${opened.database.name}, user ${opened.database.user}${opened.database.superuser ? ' (a superuser)' : ''}`
              : undefined,
          ],
          ['workspace', [codeNode(opened.workspace.path), opened.workspace.digest === undefined ? undefined : `, SHA-256 ${opened.workspace.digest}`]],
          ['changed files', opened.workspace.dirty.length === 0 ? undefined : [shorten(opened.workspace.dirty.join(', '), 1_000)]],
          ['reading', `SHA-256 ${opened.readingSha256}`],
          ['plan document', evidenceLink(opened.plan.sha256)],
          [
            'environment',
            opened.environmentSha256 === undefined ? undefined : `SHA-256 ${opened.environmentSha256}; variables ${opened.environmentNames.join(', ')}`,
          ],
          ['ledger', `line ${opened.ledger.seq}, ${opened.ledger.hash}`],
          ['attested', (opened.options.attest ?? []).map(({ task, by }) => `${task} by ${by}`).join(', ')],
          ['database state', lists.fingerprint.map(({ moment, database }) => element('div', {}, `${moment}: ${database}`))],
          [
            'gone on with',
            // A record by another hand may say less.
            lists.resumed.map(({ after, cut }: Partial<EventData['resumed']>) =>
              element(
                'div',
                {},
                `after entry ${after ?? '?'}${(cut ?? []).length === 0 ? '' : `, cut: ${(cut ?? []).map(({ step }) => `step ${step}`).join(', ')}`}`,
              ),
            ),
          ],
        ])
      : undefined,
    preparationTable(record),
    canaryTable(record),
    witnessTable(record),
    element('h3', {}, 'Check it yourself'),
    element('p', {}, 'In the folder of this file:'),
    element('pre', {}, element('code', {}, commands(head))),
    element(
      'p',
      {},
      `This page is made from ${executionFiles.journal} and ${executionFiles.evidence}/ alone, up to the entry above. What comes later cannot stand in it: the entry `,
      codeNode('files'),
      ' holds the digest of this file, ',
      codeNode(executionFiles.checkpoint),
      ' the root of the journal, and the line ',
      codeNode(`AUDIT root=… size=… execution=${execution} attempt=${opened?.attempt ?? '…'}`),
      ', which the command printed last, is what a witness elsewhere holds against it.',
    ),
  );
}

function commands(head: PageHead['head']): string {
  return [
    'proofplan audit verify .            # is the record whole',
    'proofplan audit show .              # which policies were enforced, and how',
    ...(head ? [`sed -n ${head.entry}p ${executionFiles.journal} | sha256sum   # ${head.sha256}`] : []),
    `sha256sum ${executionFiles.page}                # stands in the journal's entry "files"`,
    'proofplan report . --format html | sha256sum   # the same: it is made again from the record',
    'proofplan show . STEP               # one step with its evidence',
  ].join('\n');
}

function preparationTable({ lists, more }: PageRecord): PageContent {
  if (lists.preparation.length === 0) return undefined;
  const rows = lists.preparation.map((each) => ({
    cells: [
      codeNode(shorten(each.command)),
      String(each.exitCode),
      renderDuration(each.durationMs),
      element('span', { className: ['small'] }, each.stdoutSha256),
    ],
  }));
  const columns = [
    { title: 'command' },
    { title: 'exit code', number: true as const },
    { title: 'took', number: true as const },
    { title: 'SHA-256 of its output' },
  ];
  return [
    element('h3', {}, 'Preparation'),
    tableNode(`Done before the execution opened; no step of the plan.${beyond(more.get('preparation'))}`, columns, rows),
  ];
}

function canaryTable({ lists, more }: PageRecord): PageContent {
  if (lists.canary.length === 0) return undefined;
  const acts = new Map<string, (typeof lists.canary)[number][]>();
  for (const each of lists.canary) acts.set(`${each.layer} ${each.name}`, [...(acts.get(`${each.layer} ${each.name}`) ?? []), each]);
  const rows = [...acts.values()].map((tries) => {
    const told = tries.find(({ refused }) => !refused) ?? tries[0];
    return {
      cells: [
        told?.name ?? '',
        told?.layer,
        tries.map(({ moment, refused }) => `${refused ? '✓ refused' : '! not refused'} at the ${moment}`).join(', '),
        shorten(told?.detail ?? ''),
      ],
    };
  });
  const columns = ['forbidden act', 'layer', 'answer', 'detail'].map((title) => ({ title }));
  return [
    element('h3', {}, 'Canaries'),
    element(
      'details',
      {},
      element('summary', {}, `${count(acts.size, 'forbidden act')} that the runner tried to see whether its guards are alive`),
      element('div', {}, tableNode(`Each is tried before the first step and after the last.${beyond(more.get('canary'))}`, columns, rows)),
    ),
  ];
}

function witnessTable({ lists, more }: PageRecord): PageContent {
  if (lists.witness.length === 0) return undefined;
  const rows = lists.witness.map((each) => ({
    cells: [
      `${each.witness}, ${each.moment} (step ${each.step})`,
      each.root === null ? shorten(each.problem ?? 'no rows') : codeNode(each.root),
      String(each.rows),
      (each.contradictions ?? []).slice(0, 10).map((told) => element('div', {}, shorten(told))),
    ],
  }));
  const columns = [{ title: 'witness' }, { title: 'root' }, { title: 'rows', number: true as const }, { title: 'contradictions' }];
  return [element('h3', {}, 'Hash-chain witnesses'), tableNode(`Recomputed from stored rows by the runner.${beyond(more.get('witness'))}`, columns, rows)];
}

function beyond(more: number | undefined): string {
  return more === undefined ? '' : ` ${more} more in the journal.`;
}
