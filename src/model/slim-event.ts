import type { ExecutionEvent, StepEndedData } from './event.ts';

/**
 * The event without what no summary of an execution shows, so that thousands of them can be kept: the texts of statements and
 * commands, the rows and hits, and the output of a step that passed. All of it stands in the journal.
 */
export function slimEvent(event: ExecutionEvent): ExecutionEvent {
  switch (event.kind) {
    case 'step-started':
      return { ...event, data: { ...event.data, text: '', splices: [], environmentNames: [], values: [] } };
    case 'step-ended':
      return { ...event, data: slimStep(event.data) };
    case 'decision':
      return event.data.effect === 'refuse' ? event : { ...event, data: { ...event.data, text: '' } };
    default:
      return event;
  }
}

function slimStep(data: StepEndedData): StepEndedData {
  const { outputs, rows, searches, verdict } = data;
  return {
    ...data,
    // Why a step did not pass is shown by the end of what it printed.
    outputs: verdict === 'passed' ? outputs.map((output) => ({ ...output, head: '', tail: '' })) : outputs,
    searches: searches.map((search) => ({ ...search, hits: [] })),
    ...(rows === undefined ? {} : { rows: { ...rows, rows: rows.rowCount === 1 ? rows.rows : [] } }),
  };
}
