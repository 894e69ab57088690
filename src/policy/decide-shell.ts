/**
 * What can be said of a shell text before it runs: statements that it hands to psql, and ways round the guard that stand in
 * it. Programs of other languages, files and what is made at run time are named and not refused: the gateway decides on those.
 */
import type { Decision } from '../model/policy.ts';
import { decideSql } from './decide-sql.ts';
import { backslashFinding } from './psql-backslash.ts';
import { readPsqlInvocation } from './psql-invocation.ts';
import { readPsqlScript } from './psql-script.ts';
import { elsewhere, judgeProgram, psqlLike, type ShellPolicy } from './shell-client.ts';
import { isKnown, isUnknownInput, opaquePart, wholeIsOpen } from './shell-opaque.ts';
import { carriedCommands, programOf, type ShellProgram } from './shell-program.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';
import { contentOf, inputsOf, nestedShellOf, remoteShellOf, type ShellSource } from './shell-source.ts';
import { writingStrings } from './shell-string.ts';
import { parseShell } from './shell-syntax.ts';
import type { SqlParser } from './sql-parser.ts';

export { productionPathProblem } from './production-path.ts';
export type { ShellPolicy } from './shell-client.ts';

/**
 * A decision with its place in the shell text. A refusal's `policy` names the kind of policy that it falls under; it is for the
 * caller to see whether the plan has one. Permissions are shown where the text alone does not tell: `opaque-program` (what it
 * sends is not in the text), `opaque-write` (a statement that the step may not send stands in such a program as a string) and
 * the rules of `decideSql` for each statement that stands in the text and may be sent.
 */
export interface ShellFinding {
  readonly decision: Decision;
  readonly offset: number;
  readonly length: number;
}

/** Shells within shells beyond this are left to the gateway. */
const deepestShell = 5;

/** Findings in order of text; one is against it only if its `effect` is `refuse`. */
export async function decideShell(parser: SqlParser, script: ShellScript, policy: ShellPolicy): Promise<readonly ShellFinding[]> {
  const findings = await findIn(parser, script, policy, { depth: 0, remote: false, sketchy: false });
  // A pipeline of two clients has both of them read the same text.
  const distinct = new Map(findings.map((finding) => [`${finding.offset} ${finding.length} ${finding.decision.rule} ${finding.decision.matched}`, finding]));
  return [...distinct.values()].sort((a, b) => a.offset - b.offset);
}

interface Nesting {
  readonly depth: number;
  /** The text is carried out on another machine. */
  readonly remote: boolean;
  /** Stand-ins for what the outer shell fills in may stand anywhere in it. */
  readonly sketchy: boolean;
}

async function findIn(parser: SqlParser, script: ShellScript, policy: ShellPolicy, nesting: Nesting): Promise<readonly ShellFinding[]> {
  const findings: ShellFinding[] = [];
  for (const command of script.commands) {
    findings.push(...addressFindings(command));
    const found = programOf(command);
    if (!found) continue;
    const program = { ...found, remote: found.remote || nesting.remote, name: nesting.sketchy && isStandIn(found.name ?? '') ? undefined : found.name };
    findings.push(...(await commandFindings(parser, script, command, program, policy, nesting)));
    for (const carried of carriedCommands(command, program)) {
      const inner = programOf(carried);
      if (inner) findings.push(...(await commandFindings(parser, script, carried, inner, policy, nesting)));
    }
  }
  return findings;
}

async function commandFindings(
  parser: SqlParser,
  script: ShellScript,
  command: ShellCommand,
  program: ShellProgram,
  policy: ShellPolicy,
  nesting: Nesting,
): Promise<readonly ShellFinding[]> {
  const findings: ShellFinding[] = [];
  const place = { offset: program.word.start, length: program.word.end - program.word.start };
  const decision = judgeProgram(program, script, policy);
  if (decision) findings.push({ decision, ...place });
  if (psqlLike.has(program.name ?? '')) findings.push(...(await psqlFindings(parser, script, command, program, policy, nesting)));
  const opaque = opaquePart(script, command, program);
  if (opaque) {
    findings.push({ decision: opaqueDecision(opaque.what, opaque.matched), ...place });
    for (const source of opaque.sources)
      for (const { decision: against, offset, length } of await writingStrings(parser, source.text, policy))
        findings.push({ decision: suspected(against), ...source.place(offset, length) });
  }
  if (nesting.depth >= deepestShell) return findings;
  const within = async (source: ShellSource, remote: boolean): Promise<void> => {
    // Nothing stands there to be read: the outer command is named already.
    if (isStandIn(source.text.trim())) return;
    const nested = await findIn(parser, parseShell(source.text), policy, { depth: nesting.depth + 1, remote, sketchy: nesting.sketchy || source.sketchy });
    findings.push(...nested.map((found) => ({ decision: found.decision, ...source.place(found.offset, found.length) })));
  };
  for (const source of nestedShellOf(script, command, program)) await within(source, program.remote);
  for (const source of remoteShellOf(script, program)) await within(source, true);
  return findings;
}

async function psqlFindings(
  parser: SqlParser,
  script: ShellScript,
  command: ShellCommand,
  program: ShellProgram,
  policy: ShellPolicy,
  nesting: Nesting,
): Promise<readonly ShellFinding[]> {
  const within = (source: ShellSource): ShellSource => (nesting.sketchy ? { ...source, sketchy: true } : source);
  const invocation = readPsqlInvocation(program.arguments);
  const findings: ShellFinding[] = [];
  const place = { offset: program.word.start, length: program.word.end - program.word.start };
  for (const word of invocation.connection) {
    if (isOpen(word.sketch)) continue;
    findings.push({
      decision: elsewhere(`psql with an address of its own (\`${word.sketch}\`)`, word.sketch),
      offset: word.start,
      length: word.end - word.start,
    });
  }
  for (const word of invocation.outputs) {
    if (!word.sketch.startsWith('|')) continue;
    const reason = `a program that \`${program.name}\` pipes its output into`;
    findings.push({ decision: { effect: 'refuse', rule: 'shell-escape', reason, matched: word.sketch }, offset: word.start, length: word.end - word.start });
  }
  const unread = (what: string): void => void findings.push({ decision: opaqueDecision(what, program.name ?? 'psql'), ...place });
  for (const word of invocation.commands) {
    const source = within(contentOf(script, word));
    if (wholeIsOpen(word) && !isKnown(script, word)) unread(`a statement for \`${program.name}\` that is only made when it runs`);
    else if (/^\s*\\/.test(source.text)) findings.push(...(await scriptFindings(parser, source, policy, invocation.variables)));
    else findings.push(...(await sqlFindings(parser, source, source.text, 0, source.sketchy, policy)));
  }
  const files = invocation.files.filter(({ value, text }) => value !== '-' && !text.startsWith('<('));
  if (files.length > 0) unread(`a file of statements for \`${program.name}\``);
  const readsInput =
    program.fed || (invocation.commands.length === 0 && (invocation.files.length === 0 || invocation.files.some(({ value }) => value === '-')));
  const sources = inputsOf(script, command, readsInput).map(within);
  const blind = readsInput && isUnknownInput(script, command);
  if (blind || invocation.files.length > files.length + sources.length) unread(`statements for \`${program.name}\` that come from elsewhere`);
  for (const source of sources) findings.push(...(await scriptFindings(parser, source, policy, invocation.variables)));
  return findings;
}

async function scriptFindings(
  parser: SqlParser,
  source: ShellSource,
  policy: ShellPolicy,
  variables: ReadonlyMap<string, string>,
): Promise<readonly ShellFinding[]> {
  const findings: ShellFinding[] = [];
  for (const piece of readPsqlScript(source.text, variables)) {
    // Without the space before it and the semicolon at its end.
    const shown = piece.text.trim().replace(/\s*;$/, '');
    const place = source.place(piece.offset + piece.text.indexOf(shown), shown.length);
    const whole: ShellSource = { ...source, place: () => place };
    if (piece.kind === 'sql' && piece.expanded !== undefined) findings.push(...(await sqlFindings(parser, whole, piece.expanded, 0, source.sketchy, policy)));
    else if (piece.kind === 'sql') findings.push(...(await sqlFindings(parser, source, piece.text, piece.offset, piece.sketchy || source.sketchy, policy)));
    else {
      const verdict = backslashFinding(piece.text, policy.access.capability);
      if (verdict?.kind === 'refused') findings.push({ decision: verdict.decision, ...place });
      if (verdict?.kind === 'sql') findings.push(...(await sqlFindings(parser, whole, verdict.text, 0, source.sketchy, policy)));
    }
  }
  return findings;
}

async function sqlFindings(
  parser: SqlParser,
  source: ShellSource,
  sql: string,
  offset: number,
  sketchy: boolean,
  policy: ShellPolicy,
): Promise<readonly ShellFinding[]> {
  const judgement = await decideSql(parser, sql, policy);
  if (judgement.decision.rule === 'unparsable') return [{ decision: orOpaque(judgement.decision, sketchy), ...source.place(offset, sql.length) }];
  return judgement.statements.map(({ decision, offset: at, text }) => ({ decision: orOpaque(decision, sketchy), ...source.place(offset + at, text.length) }));
}

/** A refusal that rests on a stand-in for what is only known at run time is none: the gateway will see the real thing. */
function orOpaque(decision: Decision, sketchy: boolean): Decision {
  const guessed = decision.effect === 'refuse' && sketchy && (decision.rule === 'unparsable' || isStandIn(decision.matched ?? ''));
  return guessed ? opaqueDecision('a statement of which a part is only known when it runs', decision.matched ?? 'psql') : decision;
}

function isStandIn(name: string): boolean {
  return /(?:^|\.)x0*(?:$|\.)/.test(name);
}

/** Holds something that is filled in later: an expansion, or a hole of the plan. */
function isOpen(sketch: string): boolean {
  return sketch.includes('\0') || /<[^<>\s]+>/.test(sketch);
}

const addressNames = /^(?:export\s+)?(PGHOST|PGHOSTADDR|PGPORT|PGSERVICE|PGSERVICEFILE|PGSYSCONFDIR)=(.*)$/s;
const addressValue = /^(\w*DATABASE_URL|\w*DB_URL|\w*POSTGRES_URL)=(postgres(?:ql)?(?:\+\w+)?:\/\/.*)$/s;

/** Variables that lead clients to another server than the one each step is given. */
function addressFindings(command: ShellCommand): readonly ShellFinding[] {
  const assigned = [
    ...command.assignments.map(({ name, value, start, end }) => ({ sketch: `${name}=${value?.sketch ?? ''}`, start, end })),
    ...command.words.slice(1).map(({ sketch, start, end }) => ({ sketch, start, end })),
  ];
  return assigned.flatMap(({ sketch, start, end }) => {
    const [, name, value] = addressNames.exec(sketch) ?? addressValue.exec(sketch) ?? [];
    if (name === undefined || value === undefined || value === '' || isOpen(value)) return [];
    return [{ decision: elsewhere(`an address of its own in \`${name}\``, name), offset: start, length: end - start }];
  });
}

function opaqueDecision(what: string, matched: string): Decision {
  return { effect: 'permit', rule: 'opaque-program', reason: what, matched };
}

/** A string of a program is no statement until it is sent. */
function suspected({ reason, matched, policy }: Decision): Decision {
  return {
    effect: 'permit',
    rule: 'opaque-write',
    reason: `a string that is a statement which this step may not send: ${reason}`,
    ...(matched === undefined ? {} : { matched }),
    ...(policy === undefined ? {} : { policy }),
  };
}
