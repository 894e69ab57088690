/** What `report.md` says at its top about the whole, and at its end about what has no place in the document. */
import type { EventData, ExecutionEvent } from '../model/event.ts';
import { dataOf } from './data-of.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { code, fenced, prose, verdict } from './report-remark.ts';
import { count, renderDuration } from './verdict-mark.ts';

/** `broken`: the record has no end, with what is wrong with it; whatever verdict it holds is none. */
export function remarkTop(execution: string, events: readonly ExecutionEvent[], broken?: readonly string[]): readonly string[] {
  const opened = dataOf(events, 'opened')[0];
  const judged = dataOf(events, 'verdict')[0];
  const preparation = events.filter((event) => event.kind === 'preparation').length;
  const [begin, end] = [events[0]?.ts, events.find((event) => event.kind === 'verdict')?.ts];
  if (opened === undefined || begin === undefined) return [`execution ${execution}: the journal does not say what was executed`];
  return [
    judged === undefined
      ? '! **no verdict**: the record ends before one was reached'
      : broken === undefined
        ? `${verdict(judged.verdict)} ${prose(judged.reason)}`
        : `! **no verdict**: the record is not complete; it holds the verdict ${code(judged.verdict)}, and was not closed after it`,
    ...(broken ?? []).map(prose),
    '',
    `execution ${execution}, attempt ${opened.attempt}, ${begin}${end === undefined ? '' : `, ${renderDuration(Date.parse(end) - Date.parse(begin))}`}`,
    `plan ${code(opened.plan.path)}, SHA-256 ${opened.plan.sha256}`,
    ...(opened.addendum === undefined ? [] : [`addendum ${code(opened.addendum.path)}, SHA-256 ${opened.addendum.sha256}`]),
    `reading, SHA-256 ${opened.readingSha256}`,
    `environment ${opened.environment === null ? 'none' : code(opened.environment)}${opened.database === undefined ? '' : `, PostgreSQL ${prose(opened.database.version)}, ${opened.database.ownServer ? 'a server of this execution alone' : 'a server that was there before'}`}${preparation === 0 ? '' : `, prepared by ${count(preparation, 'command')} (listed at the end)`}`,
    ...tellIsolation(events, opened.isolation),
    `workspace ${opened.workspace.commit === null ? 'without version control' : `at commit ${opened.workspace.commit}, ${count(opened.workspace.dirtyCount, 'changed file')}`}`,
    ...(opened.prerequisites ?? []).map(
      (each) => `prerequisite ${code(each.link)}: ${verdict(each.verdict)}${each.execution === undefined ? '' : `, execution ${each.execution}`}`,
    ),
    ...(opened.options.dryRun ? ['dry run: nothing was carried out'] : []),
    ...(opened.options.only === null ? [] : [`only step ${opened.options.only} was asked for`]),
  ];
}

/** The levels that the steps ran under, and how far the machine could have gone. */
function tellIsolation(events: readonly ExecutionEvent[], reached: EventData['opened']['isolation']): readonly string[] {
  if (reached === undefined) return [];
  const levels = [...new Set(dataOf(events, 'step-ended').flatMap(({ isolation }) => isolation ?? []))];
  const reason = reached.reason === undefined ? '' : `: ${prose(reached.reason)}`;
  return [`isolation of processes ${levels.length === 0 ? 'none' : levels.map(code).join(', ')} (this machine reaches ${code(reached.level)}${reason})`];
}

export function remarkEnd(events: readonly ExecutionEvent[]): readonly string[] {
  const preparations = dataOf(events, 'preparation').map(
    (data) => `${code(data.command)}, exit code ${data.exitCode}, ${renderDuration(data.durationMs)}, stdout SHA-256 ${data.stdoutSha256}`,
  );
  const inputs = (dataOf(events, 'opened')[0]?.inputs ?? []).map(
    (input) => `${code(input.name)} = ${input.text === null ? 'null' : code(input.text)} (${prose(renderOrigin(input.origin))})`,
  );
  const canaries = tellCanaries(dataOf(events, 'canary'));
  const refusals = dataOf(events, 'decision')
    .filter((data) => data.effect === 'refuse')
    .map((data) => `⊘ step ${data.step}: ${prose(data.reason)}${data.sqlstate === undefined ? '' : ` (${data.sqlstate})`}: ${code(data.text)}`);
  const tripwires = dataOf(events, 'tripwire').map(
    (data) => `${data.effect === 'refuse' ? '⊘' : '·'} after step ${data.step}, ${data.kind}: ${prose(data.what)}${data.explained ? ' (explained)' : ''}`,
  );
  const witnesses = dataOf(events, 'witness').map(
    (data) =>
      `step ${data.step} (${data.moment}), ${prose(data.witness)}: ${data.root === null ? prose(data.problem ?? 'no rows') : `root ${code(data.root)} over ${count(data.rows, 'row')}`}`,
  );
  const messages = dataOf(events, 'diagnostic').flatMap((data) =>
    fenced(
      [
        `${data.severity}[${data.code}]: ${data.message}`,
        ...(data.notes ?? []).map((note) => `note: ${note}`),
        ...(data.help === undefined ? [] : [`help: ${data.help}`]),
      ].join('\n'),
    ),
  );
  return [
    ...section('Values given from outside', inputs),
    ...section('Preparation: done before the execution opened, no step of the plan', preparations),
    ...section('Canaries: forbidden acts that the runner tried to see whether its guards are alive', canaries),
    ...section('Refused', refusals),
    ...section('Found by tripwires', tripwires),
    ...section('Hash-chain witnesses', witnesses),
    ...(messages.length === 0 ? [] : ['', '**Messages**', '', ...messages]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines.map((line) => `  ${line}`)];
}

/** One line for each act: it is tried at the start, and again at the end. */
function tellCanaries(canaries: readonly EventData['canary'][]): readonly string[] {
  const acts = new Map<string, EventData['canary'][]>();
  for (const canary of canaries) acts.set(`${canary.layer} ${canary.name}`, [...(acts.get(`${canary.layer} ${canary.name}`) ?? []), canary]);
  return [...acts.values()].map((tries) => {
    const moments = tries.map(({ moment, refused }) => `${refused ? 'refused' : '**not refused**'} at the ${moment}`).join(', ');
    const telling = tries.find(({ refused }) => !refused) ?? tries[0];
    return `${tries.every(({ refused }) => refused) ? '✓' : '!'} ${prose(telling?.name ?? '')} (${telling?.layer ?? ''}): ${moments}, ${prose(telling?.detail ?? '')}`;
  });
}
