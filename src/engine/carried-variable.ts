/**
 * Carrying: the value that a shell variable has at the end of a step, taken without changing a byte of the step's text and
 * without its stdout. The text is given to `eval` by a few lines that write the variables to a private file afterwards, also
 * when it ends by `exit`. The file's name and the word that proves a record stand on descriptor 3, which is closed before the
 * text begins: no program of the step has them. A text that replaces the EXIT trap and then exits carries nothing, and a
 * value that is not there is reported.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture } from '../model/step.ts';

/** The status of the text stays that of the step. xtrace is switched off first: it would print the proof. */
const carrier = `{ IFS= read -r __proofplan_proof && IFS= read -r __proofplan_file; } <&3; exec 3<&-
__proofplan_text=$1; shift; __proofplan_names=("$@"); shift "$#"; __proofplan_done=
__proofplan_carry() {
  { __proofplan_status=$?; set +x; } 2>/dev/null
  if [[ -z $__proofplan_done ]]; then
    __proofplan_done=1
    for __proofplan_name in "\${__proofplan_names[@]}"; do
      if [[ -n \${!__proofplan_name+set} ]]; then
        builtin printf '%s\\0%s\\0%s\\0' "$__proofplan_proof" "$__proofplan_name" "\${!__proofplan_name}" >> "$__proofplan_file"
      fi
    done
  fi
  return "$__proofplan_status"
}
trap __proofplan_carry EXIT
eval "$__proofplan_text"
__proofplan_carry`;

export interface Carrying {
  /** What follows bash's own options. */
  readonly arguments: readonly string[];
  readonly privateInput: string;
  /** The variables' values, by name, as often as they were written. Call it when the step has ended; it removes the file. */
  readonly read: () => Promise<readonly { readonly variable: string; readonly text: string }[]>;
}

/** Undefined when nothing is to be carried: then the command runs plainly. `shell` is the text's `$0`. */
export async function prepareCarrying(shell: string, command: string, captures: readonly Capture[]): Promise<Carrying | undefined> {
  const variables = captures.flatMap(({ source }) => (source.kind === 'variable' && /^[A-Za-z_]\w*$/.test(source.variable) ? [source.variable] : []));
  if (variables.length === 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'proofplan-carry-'));
  const file = join(folder, 'variables');
  const proof = randomUUID();
  return {
    arguments: ['-c', carrier, shell, command, ...new Set(variables)],
    privateInput: `${proof}\n${file}\n`,
    read: async () => {
      const fields = await readFile(file, 'utf8').then(
        (text) => text.split('\0'),
        () => [],
      );
      await rm(folder, { recursive: true, force: true });
      const records: { readonly variable: string; readonly text: string }[] = [];
      for (let at = 0; at + 2 < fields.length; at += 3) {
        if (fields[at] === proof) records.push({ variable: fields[at + 1] as string, text: fields[at + 2] as string });
      }
      return records;
    },
  };
}
