/** Reads the events of an execution's journal for reports, as far as they go, and says why nothing in it may count as passed. */
import { walkEntries } from '../journal/journal-reader.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { eventOf, type ExecutionEvent } from '../model/event.ts';
import { slimEvent } from '../model/slim-event.ts';

/** The journal's own entries, which are no events: that the machine's clock was set back is also said in a message. */
const ownKinds = new Set(['clock-set-back']);

/** The events of one record. */
export interface RecordedEvents {
  readonly execution: string;
  /** Slim (`slimEvent`), in the order of the journal; what was told twice stands twice (`settledEvents` takes the last). */
  readonly events: readonly ExecutionEvent[];
  /** Why the record is not whole: it breaks off, a line is damaged, or it has no end. Then no verdict in it may be told as passed. */
  readonly broken?: string;
}

/** `keep`: which events are kept in memory; all where it is absent. A record without an opening has no value, and a message. */
export async function readEvents(folder: string, keep: (event: ExecutionEvent) => boolean = () => true): Promise<Checked<RecordedEvents>> {
  const events: ExecutionEvent[] = [];
  const unknown = new Map<string, number>();
  let execution: string | undefined;
  let last: string | undefined;
  const read = await walkEntries(folder, (entry) => {
    execution ??= entry.execution;
    last = entry.kind;
    const event = eventOf(entry);
    if (event === undefined && !ownKinds.has(entry.kind)) unknown.set(entry.kind, (unknown.get(entry.kind) ?? 0) + 1);
    if (event !== undefined && keep(event)) events.push(slimEvent(event));
  });
  const diagnostics = [...read.diagnostics, ...(unknown.size === 0 ? [] : [unknownKinds(unknown)])];
  if (execution === undefined || events[0]?.kind !== 'opened') {
    const said = read.diagnostics.some(({ severity }) => severity === 'error');
    return { value: undefined, diagnostics: said ? diagnostics : [...diagnostics, noOpening(folder, execution === undefined)] };
  }
  const broken = read.diagnostics[0]?.message ?? (last === 'closed' ? undefined : 'the record has no end');
  return { value: { execution, events, ...(broken === undefined ? {} : { broken }) }, diagnostics };
}

/** What a newer version wrote and this one cannot judge is named, never guessed. */
export function unknownKinds(kinds: ReadonlyMap<string, number>): Diagnostic {
  const total = [...kinds.values()].reduce((sum, each) => sum + each, 0);
  return {
    severity: 'warning',
    code: 'journal/unknown-kind',
    message: `${total === 1 ? '1 entry is' : `${total} entries are`} of a kind that this version of proofplan does not know, and ${total === 1 ? 'is' : 'are'} left out`,
    notes: [
      [...kinds]
        .slice(0, 20)
        .map(([kind, number]) => `\`${kind}\`: ${number}`)
        .join(', '),
    ],
    help: 'render the record with the version that wrote it, or a later one',
  };
}

function noOpening(folder: string, empty: boolean): Diagnostic {
  return {
    severity: 'error',
    code: 'report/no-opening',
    message: empty ? 'the journal holds no entry' : 'the journal does not begin with the opening of an execution',
    help: `proofplan audit verify ${folder}`,
  };
}
