/**
 * What every driver must do, whatever keeps its checkpoints: the journal in process, or later a durable engine. A suite, not a test: it is
 * given a world in which processes of one execution can be started, killed, and thought dead while they live.
 */
import { describe, expect, it } from 'vitest';
import { attemptName, type Driver, InDoubt } from '../../src/execute/driver.ts';
import type { StepEndedData, StepStartedData } from '../../src/model/event.ts';
import { shell, spanAt } from './sample-plan.ts';

export interface DriverWorld {
  /** The driver of a new process of the execution. Whatever process there was before is held for dead. Rejects where the checkpoints are not genuine. */
  readonly open: () => Promise<Driver>;
  /** Somebody improves the outcome of the last act that has one, in the storage itself. */
  readonly forge: () => Promise<void>;
  /** From now on the clock tells this (milliseconds since 1970). */
  readonly setClock: (nowMs: number) => void;
  /** The storage as an auditor sees it is whole. Undefined, or what is wrong. */
  readonly audit: () => Promise<string | undefined>;
}

/** The process is gone in the middle of an act: nothing it would have done afterwards happens. */
class Killed extends Error {}

const moments = ['before the intent', 'before the act', 'after the act', 'after the outcome', 'never'] as const;
type Moment = (typeof moments)[number];

interface Act {
  readonly step: string;
  readonly once: boolean;
}
const acts: readonly Act[] = [
  { step: '1.1', once: false },
  { step: '2.1', once: true },
  { step: '3.1', once: false },
];

function startedOf(step: string, once: boolean): StepStartedData {
  const { kind, title, section, role, span, text, access, timeoutMs } = shell(step, 'true');
  return { step, attempt: 1, kind, title, section, role, span, text, action: text, splices: [], access, once, timeoutMs, environmentNames: [], values: [] };
}

function endedOf(step: string, durationMs: number): StepEndedData {
  const rest = { outputs: [], searches: [], leftover: [], statements: { permitted: 0, refused: 0 } };
  return { step, attempt: 1, kind: 'shell', title: step, span: spanAt(1), outcome: 'completed', verdict: 'passed', durationMs, ...rest };
}

/** Does the act through the driver; `effect` is the world outside, which keeps what was done. The value is a number that only the act knows. */
function perform(driver: Driver, { step, once }: Act, effect: (step: string) => number): Promise<number> {
  return driver.step(
    attemptName(step, 1),
    {
      once,
      intent: { kind: 'step-started', data: startedOf(step, once), durable: once },
      outcome: (value: number): { readonly kind: 'step-ended'; readonly data: StepEndedData } => ({ kind: 'step-ended', data: endedOf(step, value) }),
      recall: ({ durationMs }) => durationMs,
    },
    () => Promise.resolve(effect(step)),
  );
}

export function describeDriver(name: string, createWorld: () => Promise<DriverWorld>): void {
  describe(`driver: ${name}`, () => {
    const cases = acts.flatMap(({ step }) => moments.map((moment) => [step, moment] as const));
    it.each(cases)('killed at %s %s: what is done stays done, once means once, and the rest follows', async (victim, moment) => {
      const world = await createWorld();
      const done: string[] = [];
      const values = new Map<string, number>();
      const effect =
        (kill: Moment | undefined) =>
        (step: string): number => {
          if (kill === 'before the act' && step === victim) throw new Killed();
          done.push(step);
          if (kill === 'after the act' && step === victim) throw new Killed();
          return done.length * 100;
        };
      const first = await world.open();
      for (const act of acts) {
        if (act.step === victim && moment === 'before the intent') break;
        const value = await perform(first, act, effect(moment)).catch((error: unknown) => {
          if (error instanceof Killed) return undefined;
          throw error;
        });
        if (value === undefined) break;
        values.set(act.step, value);
        if (act.step === victim && moment === 'after the outcome') break;
      }
      const second = await world.open();
      const doubts: string[] = [];
      for (const act of acts) {
        const value = await perform(second, act, effect(undefined)).catch((error: unknown) => {
          if (!(error instanceof InDoubt)) throw error;
          doubts.push(act.step);
          return undefined;
        });
        if (value === undefined) break;
        // The same answer as the first time, not a new one.
        if (values.has(act.step)) expect(value).toBe(values.get(act.step));
      }
      const cutInside = moment === 'before the act' || moment === 'after the act';
      expect(doubts).toEqual(cutInside && victim === '2.1' ? ['2.1'] : []);
      expect(done.filter((step) => step === '2.1').length).toBeLessThanOrEqual(1);
      for (const { step } of acts) if (values.has(step)) expect(done.filter((each) => each === step)).toHaveLength(1);
      if (doubts.length === 0) expect(new Set(done)).toEqual(new Set(acts.map(({ step }) => step)));
      expect(await world.audit()).toBeUndefined();
    });

    it('a zombie, held for dead and still alive, records nothing any more', async () => {
      const world = await createWorld();
      const zombie = await world.open();
      let finish: (value: number) => void = () => undefined;
      const slow = new Promise<number>((resolve) => {
        finish = resolve;
      });
      const late = zombie.step(
        attemptName('2.1', 1),
        {
          once: true,
          intent: { kind: 'step-started', data: startedOf('2.1', true), durable: true },
          outcome: (value: number): { readonly kind: 'step-ended'; readonly data: StepEndedData } => ({ kind: 'step-ended', data: endedOf('2.1', value) }),
        },
        () => slow,
      );
      late.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const living = await world.open();
      await expect(perform(living, { step: '2.1', once: true }, () => 1)).rejects.toBeInstanceOf(InDoubt);
      finish(7);
      await expect(late).rejects.toThrow();
      expect(await perform(living, { step: '3.1', once: false }, () => 300)).toBe(300);
      expect(await world.audit()).toBeUndefined();
    });

    it('poison: an act that throws is not tried again by the driver itself, and its error comes out', async () => {
      const world = await createWorld();
      const driver = await world.open();
      let tries = 0;
      const poison = (): number => {
        tries += 1;
        throw new Error('poison');
      };
      await expect(perform(driver, { step: '1.1', once: false }, poison)).rejects.toThrow('poison');
      await expect(perform(driver, { step: '1.1', once: false }, poison)).rejects.toThrow('done before');
      expect(tries).toBe(1);
    });

    it('a forged checkpoint is no checkpoint', async () => {
      const world = await createWorld();
      const driver = await world.open();
      for (const act of acts.slice(0, 2)) await perform(driver, act, () => 5);
      await world.forge();
      await expect(world.open()).rejects.toThrow();
    });

    it('clock jumps change no answer and no order', async () => {
      const world = await createWorld();
      const values: number[] = [];
      for (const [index, nowMs] of [Date.UTC(2030, 0, 1), Date.UTC(1980, 0, 1), Date.UTC(2026, 1, 9)].entries()) {
        world.setClock(nowMs);
        const driver = await world.open();
        for (const act of acts.slice(0, index + 1)) values.push(await perform(driver, act, () => index + 1));
      }
      expect(values).toEqual([1, 1, 2, 1, 2, 3]);
      expect(await world.audit()).toBeUndefined();
    });
  });
}
