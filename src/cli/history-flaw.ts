import type { Diagnostic } from '../model/diagnostic.ts';
import type { HistorySource } from '../model/history.ts';

const mostNotes = 5;

/** What is wrong with a ledger, as messages: where it is not whole, and folders that it should know and does not. */
export function renderFlaws({ path, flaws, strangers }: HistorySource): readonly Diagnostic[] {
  const [first, ...others] = flaws;
  const found: Diagnostic[] = [];
  if (first) {
    found.push({
      severity: 'error',
      code: 'journal/ledger-damaged',
      message: `line ${first.lineNumber} of the ledger \`${path}/ledger.jsonl\`: ${first.message}`,
      notes: [
        `at byte ${first.offset}; one of the two lines was changed, or lines between them were taken out: what the ledger says from there on, nothing vouches for`,
        ...(others.length === 0 ? [] : [`further places: ${listed(others.map(({ lineNumber }) => `line ${lineNumber}`))}`]),
      ],
      help: 'restore the ledger from where it is kept',
    });
  }
  if (strangers.length > 0) {
    found.push({
      severity: 'error',
      code: 'journal/ledger-damaged',
      message: `the ledger \`${path}/ledger.jsonl\` does not know ${strangers.length === 1 ? 'an execution whose folder is' : `${strangers.length} executions whose folders are`} there`,
      notes: [listed(strangers), 'its end may have been cut off'],
      help: `look at one: \`proofplan show ${path}/executions/${strangers[0] ?? ''}\``,
    });
  }
  return found;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, mostNotes).join(', ')}${names.length > mostNotes ? ` and ${names.length - mostNotes} more` : ''}`;
}
