/** The table of commands: what the command line, its completion and the reference are made from. Each command adds itself. */
import { Command, Help } from '@commander-js/extra-typings';
import { addAudit } from './audit.ts';
import { addCheck } from './check.ts';
import type { CommandContext } from './command-context.ts';
import { addCompletion } from './completion.ts';
import { addConvert } from './convert.ts';
import { addDb } from './db.ts';
import { addDecide } from './decide.ts';
import { addDiff } from './diff.ts';
import { addDoctor } from './doctor.ts';
import { addExplain } from './explain.ts';
import { addGuard } from './guard.ts';
import { addHistory } from './history.ts';
import { addJob } from './job.ts';
import { addKey } from './key.ts';
import { addLock } from './lock.ts';
import { addMerge } from './merge.ts';
import { addNew } from './new.ts';
import { examples, exitCodeHelp, type Finish, type Program } from './program.ts';
import { addPrune } from './prune.ts';
import { addReport } from './report.ts';
import { addResume } from './resume.ts';
import { addRun } from './run.ts';
import { addShow } from './show.ts';

/** In the order of the help. */
const commands = [
  addRun,
  addJob,
  addResume,
  addCheck,
  addExplain,
  addConvert,
  addNew,
  addLock,
  addDiff,
  addShow,
  addReport,
  addMerge,
  addHistory,
  addPrune,
  addAudit,
  addKey,
  addDoctor,
  addGuard,
  addDecide,
  addDb,
  addCompletion,
];

/** All commands, none of which has run. `finish` is given the exit code; `complain` what is wrong with the arguments, as commander says it. */
export function createProgram(context: CommandContext, finish: Finish, complain: (text: string) => void = () => undefined): Program {
  const program = new Command('proofplan')
    .description('reads a test plan, executes exactly its steps under guards, and leaves a record that nobody can quietly improve')
    .version(context.version)
    .exitOverride()
    .configureOutput({
      writeOut: context.out,
      writeErr: context.err,
      outputError: complain,
      getOutHelpWidth: () => context.outColumns,
      getErrHelpWidth: () => context.errColumns,
    })
    // What may be repeated begins with an empty list, of which nobody learns anything.
    .configureHelp({ optionDescription: (option) => new Help().optionDescription(option).replace(' (default: [])', '') })
    .addHelpText('after', `${examples('new --list', 'check plans/run-proof-v4.md', 'run plans/run-proof-v4.md', 'show .proofplan/latest')}${exitCodeHelp}`)
    .showSuggestionAfterError(true);
  for (const add of commands) add(program, context, finish);
  return program;
}
