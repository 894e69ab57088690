/** Takes a value out of a line that a prepare command printed: `Created agent: <uuid>`. */
import type { Checked } from '../model/diagnostic.ts';
import type { Provided } from '../model/environment.ts';
import type { ValueType } from '../model/value.ts';
import { cannot } from './finding.ts';

/** What each type looks like; anything else is a stretch of text without a line's end. */
const forms: Partial<Record<ValueType, string>> = {
  uuid: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
  integer: '[+-]?\\d+',
  number: '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?',
  boolean: 'true|false',
};

type PrepareLine = Extract<Provided, { kind: 'prepare-line' }>;

/**
 * The value of the one line that fits the whole pattern. A hole is `<uuid>`, `<integer>`, another type, or a name; of several
 * holes the one with the value's own name is taken. No line, or more than one, is an error: nothing is guessed.
 */
export function readProvided(wanted: PrepareLine, command: string, stdout: string): Checked<string> {
  const holes = [...wanted.pattern.matchAll(/<([\w -]+)>/g)];
  const taken = holes.length === 1 ? holes[0] : holes.find((hole) => hole[1] === wanted.name);
  if (taken === undefined) {
    const reason = holes.length === 0 ? 'has no hole such as `<uuid>`' : `has several holes, and none is \`<${wanted.name}>\``;
    return cannot('environment/provides-pattern', `the line pattern for \`${wanted.name}\` ${reason}`, {
      notes: [`pattern: \`${wanted.pattern}\``],
      help: `mark the value, for instance \`Created: <${wanted.type ?? 'uuid'}>\``,
    });
  }
  let source = '';
  let end = 0;
  for (const hole of holes) {
    const form = forms[hole[1] as ValueType] ?? (hole === taken && wanted.type !== undefined ? forms[wanted.type] : undefined) ?? '.+?';
    source += escape(wanted.pattern.slice(end, hole.index)) + (hole === taken ? `(${form})` : `(?:${form})`);
    end = hole.index + hole[0].length;
  }
  const line = new RegExp(`^\\s*${source}${escape(wanted.pattern.slice(end))}\\s*$`);
  const lines = stdout.split(/\r?\n/);
  const values = lines.map((text) => line.exec(text)?.[1]).filter((value) => value !== undefined);
  const value = values[0];
  if (value !== undefined && values.length === 1) return { value, diagnostics: [] };
  const found = values.length === 0 ? 'no line' : `${values.length} lines`;
  return cannot('environment/provides-line', `\`${wanted.name}\`: ${found} of what a prepare command printed fit \`${wanted.pattern}\`, and exactly one must`, {
    notes: [
      `command: \`${command}\``,
      ...lines
        .filter((text) => text.trim() !== '')
        .slice(-5)
        .map((text) => `it printed: ${text}`),
    ],
    help: "correct `line` in the environment's `provides`, or let the command print that line once",
  });
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
