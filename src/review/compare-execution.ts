/**
 * `audit compare A B`: what two executions of one plan say differently. Each is taken apart into facts under the same names; the
 * comparison itself knows no kind of fact.
 */
import type { EventData, ExecutionEvent } from '../model/event.ts';
import { plainLine } from './plain-text.ts';
import { stepsOf, type ShownExecution } from './show.ts';

/** `verdict` and `enforcement` make the executions differ, `plan` makes them no executions of one plan; `fact` and `duration` are only told. */
export type FactWeight = 'plan' | 'verdict' | 'enforcement' | 'fact' | 'duration';

interface Fact {
  readonly weight: FactWeight;
  readonly text: string;
}

/** A fact that the two do not have alike. A side that lacks it is null. Durations are in milliseconds. */
export interface FactDifference {
  readonly part: string;
  readonly name: string;
  readonly weight: FactWeight;
  readonly a: string | null;
  readonly b: string | null;
}

/** The shape of `audit compare --json`. */
export interface ExecutionComparison {
  readonly schemaVersion: 1;
  readonly a: string;
  readonly b: string;
  /** The same text is of the same plan; another text that reads the same is, too. */
  readonly samePlan: boolean;
  /** Same plan, same verdicts, same enforcement. */
  readonly same: boolean;
  readonly differences: readonly FactDifference[];
}

export function compareExecutions(a: ShownExecution, b: ShownExecution): ExecutionComparison {
  const [left, right] = [factsOf(a), factsOf(b)];
  const differences: FactDifference[] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(key), right.get(key)];
    if (one?.text === other?.text) continue;
    const [part = '', name = ''] = key.split('\0');
    differences.push({ part, name, weight: one?.weight ?? other?.weight ?? 'fact', a: one?.text ?? null, b: other?.text ?? null });
  }
  const samePlan = !differences.some(({ weight }) => weight === 'plan');
  return {
    schemaVersion: 1,
    a: a.execution,
    b: b.execution,
    samePlan,
    same: samePlan && !differences.some(({ weight }) => weight === 'verdict' || weight === 'enforcement'),
    differences,
  };
}

/** A step that took twice as long is worth a line; the last digits of a clock are not. */
const toldFactor = 2;
const toldMs = 100;

/** Text without a last line feed. */
export function renderComparison({ a, b, samePlan, same, differences }: ExecutionComparison): string {
  const told = differences.filter((difference) => difference.weight !== 'duration' || isTold(difference));
  const parts = [...new Set(told.map(({ part }) => part))];
  return [
    `a: ${a}`,
    `b: ${b}`,
    ...(samePlan ? [] : ['they are not executions of the same plan: what it was read as is different']),
    ...parts.flatMap((part) => [
      '',
      part,
      ...told
        .filter((difference) => difference.part === part)
        .flatMap(({ name, weight, a: one, b: other }) => [
          `  ${weight === 'fact' || weight === 'duration' ? ' ' : '!'} ${plainLine(name)}`,
          `      a: ${one === null ? 'not there' : plainLine(one)}`,
          `      b: ${other === null ? 'not there' : plainLine(other)}`,
        ]),
    ]),
    '',
    same ? 'both say the same: verdicts and what was enforced are alike' : 'they do not say the same: see the lines marked with !',
  ].join('\n');
}

function isTold({ a, b }: FactDifference): boolean {
  const [one, other] = [Number(a ?? 0), Number(b ?? 0)];
  return Math.abs(one - other) > toldMs && Math.max(one, other) > toldFactor * Math.min(one, other);
}

type Facts = Map<string, Fact>;

function factsOf(shown: ShownExecution): Facts {
  const facts: Facts = new Map();
  const add = (part: string, name: string, weight: FactWeight, value: unknown): void => {
    if (value === undefined) return;
    // Two expectations of a step may have one wording.
    let key = `${part}\0${name}`;
    for (let again = 2; facts.has(key); again += 1) key = `${part}\0${name} (${again})`;
    facts.set(key, { weight, text: typeof value === 'string' ? value : JSON.stringify(value) });
  };
  for (const event of shown.events) addEvent(event, add);
  for (const step of stepsOf(shown)) {
    const { id, ended, notRun, started } = step;
    const name = `step ${id}`;
    const attempts = shown.events.filter((event) => event.kind === 'step-started' && event.data.step === id).length;
    add('steps', `${name}: verdict`, 'verdict', ended?.verdict ?? (notRun?.notNeeded === true ? 'not needed' : 'not run'));
    add('steps', `${name}: outcome`, 'verdict', ended?.outcome ?? (started === undefined ? 'not run' : 'in doubt'));
    add('steps', `${name}: attempts`, 'fact', attempts);
    add('steps', `${name}: exit code`, 'fact', ended?.exitCode);
    add('steps', `${name}: executed`, 'fact', started?.action);
    add('steps', `${name}: isolation`, 'enforcement', ended?.isolation);
    add('steps', `${name}: program`, 'fact', ended?.program && `${ended.program.path}, SHA-256 ${ended.program.sha256}`);
    add('steps', `${name}: rows`, 'fact', ended?.rows?.rowCount);
    add('steps', `${name}: milliseconds`, 'duration', ended?.durationMs);
  }
  return facts;
}

type Add = (part: string, name: string, weight: FactWeight, value: unknown) => void;

function addEvent(event: ExecutionEvent, add: Add): void {
  switch (event.kind) {
    case 'opened':
      return addOpened(event.data, add);
    case 'policy-enforced': {
      const { id, text, rule, strength, by, canary, permitted, refused, verdict } = event.data;
      const name = `${id} ${rule.kind} (${text})`;
      add('policies', `${name}: strength`, 'enforcement', strength);
      add('policies', `${name}: by`, 'enforcement', by);
      add('policies', `${name}: canaries`, 'enforcement', canary ?? 'none');
      add('policies', `${name}: verdict`, 'verdict', verdict);
      add('policies', `${name}: permitted`, 'fact', permitted);
      return add('policies', `${name}: refused`, 'verdict', refused);
    }
    case 'policy-declared':
      return add('policies', `${event.data.id} ${event.data.rule.kind} (${event.data.text}): declared`, 'enforcement', {
        rule: event.data.rule,
        scope: event.data.scope,
      });
    case 'precondition':
      return add('preconditions', `${event.data.id} ${event.data.text}`, 'verdict', event.data.verdict);
    case 'task':
      return add('tasks', `${event.data.id} ${event.data.text}`, 'verdict', event.data.verdict);
    case 'capture':
      // A value that was seen again says nothing new.
      return event.data.again ? undefined : add('values', event.data.name, 'fact', event.data.text ?? 'null');
    case 'expectation': {
      const { step, text, verdict, actual } = event.data;
      add('expectations', `step ${step}, ${text}`, 'verdict', verdict);
      return add('expectations', `step ${step}, ${text}: actual`, 'fact', actual);
    }
    case 'criterion':
      return add('criteria', `${event.data.id} ${event.data.text}`, 'verdict', event.data.verdict);
    case 'tripwire':
      return add(
        'tripwires',
        `step ${event.data.step}, ${event.data.kind}, ${event.data.what}`,
        event.data.effect === 'refuse' ? 'verdict' : 'fact',
        event.data.explained ? 'explained' : 'unexplained',
      );
    case 'verdict':
      add('verdict', 'verdict', 'verdict', event.data.verdict);
      return add('verdict', 'reason', 'fact', event.data.reason);
    default:
      return undefined;
  }
}

function addOpened(data: EventData['opened'], add: Add): void {
  // The reading decides whether it is one plan; another layout of the same text is only told.
  add('plan', 'reading', 'plan', data.readingSha256);
  add('plan', 'document', 'fact', data.plan.sha256);
  add('plan', 'path', 'fact', data.plan.path);
  add('plan', 'addendum', 'fact', data.addendum?.sha256);
  for (const [part, value] of Object.entries({ tool: data.tool, host: data.host, database: data.database ?? {}, options: data.options })) {
    for (const [name, each] of Object.entries(value)) add(part, name, 'fact', each);
  }
  for (const [name, each] of Object.entries(data.workspace)) if (name !== 'files') add('workspace', name, 'fact', each);
  add('environment', 'name', 'fact', data.environment ?? 'none');
  add('environment', 'variables', 'fact', [...data.environmentNames].sort().join(' '));
  add('environment', 'isolation', 'enforcement', data.isolation?.level);
  for (const input of data.inputs) add('values', `${input.name} (given)`, 'fact', input.text ?? 'null');
}
