/** What the rows of a table are, by the words of its header. The table here is the rule; the first row that matches counts. */

export type TableMeaning = 'criteria' | 'checks' | 'expectations' | 'parameters' | 'files' | 'cases' | 'report' | 'tasks' | 'plain';

export interface HeaderReading {
  readonly meaning: TableMeaning;
  /** Columns, by index; -1 where there is none. */
  readonly command: number;
  readonly expected: number;
  readonly required: number;
  readonly action: number;
}

const words = {
  command:
    /^(?:(?:check |test |verification |shell |cli )?(?:commands?|query|queries|sql|cmd|call|curl|invocation|request)|run|how(?: to (?:check|verify|test|measure))?|how checked|verify (?:with|by|command)|statement)$/,
  check: /^(?:check|step|probe|test|verification)(?: \(command\))?$/,
  expected:
    /^(?:(?:expected|expect|required|wanted|target)(?: (?:results?|outputs?|outcomes?|values?|status(?: code)?|codes?|response|answer|rows?|http|state))?|expectations?|pass(?: if| when| criteria| criterion)?|should (?:be|see|print|show|return|give)|you (?:should|must) see|what you (?:should )?see|must (?:be|show|print|return)|results?|ok (?:if|when)|good|is ok|http(?: code| status)?|status(?: code)?|code|limit|threshold|gate)$/,
  /** Of several that may be meant. */
  expectedClearly: /^(?:expected\b.*|wanted|required (?:results?|outputs?|values?)|threshold|limit|target(?: value)?|must be|should be|pass (?:if|when))$/,
  parameter: /^(?:(?:input |run |env(?:ironment)? )?(?:parameters?|variables?|vars?|inputs?|options?|settings?|args?|arguments?|placeholders?)|env|key|name)$/,
  parameterOf: /\b(?:default|required|mandatory|optional|type|example)\b/,
  required: /^(?:required|mandatory|req\.?|needed|must)\??$/,
  file: /^(?:(?:output |required |result )?(?:files?|outputs?|artifacts?|artefacts?|paths?|deliverables?|documents?))(?: name)?$/,
  fileOf: /\b(?:descriptions?|contents?|format|purpose|must (?:contain|have|hold)|columns|what|holds|contains|why|meaning|written by|produced by|step)\b/,
  symptom:
    /^(?:#|symptoms?|errors?(?: message)?|problems?|issues?|messages?|alerts?|what you (?:saw|see|get)|you see|observation|observed|if|when|case|cases|situation|status|cause|causes|failure|finding|meaning|signature|log line)$/,
  action:
    /^(?:fix(?:es)?|do|what to do|to do|actions?|remed(?:y|ies)|resolution|solution|response|mitigation|then|next(?: step)?|what (?:helps|now)|how to fix|cure|answer|go to|runbook|handling|reaction|measure)$/,
  person: /^(?:who|owner|responsible|role|by|signature|signed|initials|done(?: by)?|name|approved by|ok|sign-?off|date|time|when|assignee|status|\u2713|tick)$/,
  task: /^(?:tasks?|activity|activities|actions?|steps?|what|item|to-?do|approval|gate|decision)$/,
} as const;

export function readHeader(cells: readonly string[]): HeaderReading {
  const at = (pattern: RegExp): number => cells.findIndex((cell) => pattern.test(cell));
  const strong = at(words.command);
  const command = strong === -1 ? at(words.check) : strong;
  const clear = at(words.expectedClearly);
  const after = cells.includes('before') ? cells.indexOf('after') : -1;
  const expected = after === -1 ? (clear === -1 ? at(words.expected) : clear) : after;
  const required = at(words.required);
  const action = at(words.action);
  const columns = { command, expected, required, action };
  if (at(/^(?:criteri(?:on|a)|acceptance criteri(?:on|a))$/) !== -1) return { ...columns, meaning: 'criteria' };
  if (at(words.parameter) !== -1 && cells.some((cell) => words.parameterOf.test(cell))) return { ...columns, meaning: 'parameters' };
  if (action > 0 && command === -1 && (expected === -1 || action === cells.length - 1) && at(words.symptom) !== action) return { ...columns, meaning: 'cases' };
  if (command !== -1 && expected !== -1 && command !== expected) return { ...columns, meaning: 'checks' };
  if (at(words.file) === 0 && cells.some((cell) => words.fileOf.test(cell))) return { ...columns, meaning: 'files' };
  if (expected !== -1) return { ...columns, meaning: 'expectations' };
  if (at(words.task) !== -1 && cells.filter((cell) => words.person.test(cell)).length > 0) return { ...columns, meaning: 'tasks' };
  if (action > 0 && strong === -1 && at(words.task) === 0) return { ...columns, meaning: 'tasks' };
  return { ...columns, meaning: 'plain' };
}
