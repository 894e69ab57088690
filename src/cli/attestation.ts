/** What `--attest` names: tasks of the plans of a command, each of one plan, or of the same words in several. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';

type Task = Plan['tasks'][number];

/** The tasks of this plan that are named, by number or by words. */
export function attestedTasks(plan: Plan, attest: readonly string[], by: string): readonly { readonly task: string; readonly by: string }[] {
  return attest.flatMap((wanted) => {
    const task = findTask(plan, wanted);
    return task === undefined ? [] : [{ task: task.id, by }];
  });
}

/**
 * What is wrong with the names: one that no plan has, and one that means a task here and another one there, because whoever attests
 * a `T1` has one of them in mind.
 */
export function attestProblems(plans: readonly Plan[], attest: readonly string[]): readonly Diagnostic[] {
  const tasks = plans.flatMap((plan) => plan.tasks.map((task) => `${plans.length > 1 ? `${plan.path}: ` : ''}${task.id}: ${task.text}`));
  return attest.flatMap((wanted): readonly Diagnostic[] => {
    const found = plans.flatMap((plan) => {
      const task = findTask(plan, wanted);
      return task === undefined ? [] : [{ path: plan.path, text: fold(task.text) }];
    });
    const problem = (message: string, help: string): readonly Diagnostic[] => [{ severity: 'error', code: 'cli/unknown-task', message, notes: tasks, help }];
    if (found.length === 0) {
      const none = plans.length > 1 ? 'none of these plans has a task' : 'the plan has no task';
      return problem(`${none} \`${wanted}\``, tasks.length === 0 ? 'leave --attest out: there are no tasks' : 'name a task by its number or its words');
    }
    if (new Set(found.map(({ text }) => text)).size < 2) return [];
    return problem(`\`${wanted}\` is not the same task in ${[...new Set(found.map(({ path }) => `\`${path}\``))].join(', ')}`, 'name the task by its words');
  });
}

function findTask(plan: Plan, wanted: string): Task | undefined {
  return plan.tasks.find((task) => fold(task.id) === fold(wanted)) ?? plan.tasks.find((task) => fold(task.text) === fold(wanted));
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[`*_]/g, '').replace(/\s+/g, ' ').trim();
}
