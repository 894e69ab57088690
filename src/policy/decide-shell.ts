/**
 * What can be said of a shell text before it runs: statements that it hands to psql, and ways round the guard that stand in
 * it. Programs of other languages, files and what is made at run time are no findings: the gateway decides on those.
 */
import type { Decision } from '../model/policy.ts';
import { decideSql, type SqlPolicy } from './decide-sql.ts';
import { backslashFinding } from './psql-backslash.ts';
import { readPsqlInvocation } from './psql-invocation.ts';
import { readPsqlScript } from './psql-script.ts';
import { type ShellProgram, programOf } from './shell-program.ts';
import { contentOf, inputsOf, nestedShellOf, type ShellSource } from './shell-source.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';
import { parseShell } from './shell-syntax.ts';
import type { SqlParser } from './sql-parser.ts';

export { productionPathProblem } from './production-path.ts';

export interface ShellPolicy extends SqlPolicy {
  /** The step is the plan's production path, beside which no database client may stand. */
  readonly productionPath: boolean;
}

/** A refusal with its place in the shell text. `decision.policy` names the kind of policy that it falls under; it is for the caller to see whether the plan has one. */
export interface ShellFinding {
  readonly decision: Decision;
  readonly offset: number;
  readonly length: number;
}

/** Shells within shells beyond this are left to the gateway. */
const deepestShell = 5;

/** Findings in order of text; empty when nothing is to be said against it. */
export async function decideShell(parser: SqlParser, script: ShellScript, policy: ShellPolicy): Promise<readonly ShellFinding[]> {
  const findings = await findIn(parser, script, policy, 0);
  // A pipeline of two clients has both of them read the same text.
  const distinct = new Map(findings.map((finding) => [`${finding.offset} ${finding.length} ${finding.decision.rule} ${finding.decision.matched}`, finding]));
  return [...distinct.values()].sort((a, b) => a.offset - b.offset);
}

async function findIn(parser: SqlParser, script: ShellScript, policy: ShellPolicy, depth: number): Promise<readonly ShellFinding[]> {
  const findings: ShellFinding[] = [];
  for (const command of script.commands) {
    findings.push(...addressFindings(command));
    const program = programOf(command);
    if (!program) continue;
    const finding = programFinding(program, script, policy);
    if (finding) findings.push({ decision: finding, offset: program.word.start, length: program.word.end - program.word.start });
    if (program.name === 'psql') findings.push(...(await psqlFindings(parser, script, command, program, policy)));
    if (depth >= deepestShell) continue;
    for (const source of nestedShellOf(script, command, program)) {
      const nested = await findIn(parser, parseShell(source.text), policy, depth + 1);
      findings.push(...nested.map((found) => ({ decision: found.decision, ...source.place(found.offset, found.length) })));
    }
  }
  return findings;
}

async function psqlFindings(
  parser: SqlParser,
  script: ShellScript,
  command: ShellCommand,
  program: ShellProgram,
  policy: ShellPolicy,
): Promise<readonly ShellFinding[]> {
  const invocation = readPsqlInvocation(program.arguments);
  const findings: ShellFinding[] = [];
  for (const word of invocation.connection) {
    if (isOpen(word.sketch)) continue;
    findings.push({
      decision: elsewhere(`psql with an address of its own (\`${word.sketch}\`)`, word.sketch),
      offset: word.start,
      length: word.end - word.start,
    });
  }
  for (const word of invocation.commands) {
    const source = contentOf(script, word);
    if (/^\s*\\/.test(source.text)) findings.push(...(await scriptFindings(parser, source, policy)));
    else findings.push(...(await sqlFindings(parser, source, source.text, 0, source.sketchy, policy)));
  }
  const readsInput = invocation.commands.length === 0 && (invocation.files.length === 0 || invocation.files.some(({ value }) => value === '-'));
  for (const source of inputsOf(script, command, readsInput)) findings.push(...(await scriptFindings(parser, source, policy)));
  return findings;
}

async function scriptFindings(parser: SqlParser, source: ShellSource, policy: ShellPolicy): Promise<readonly ShellFinding[]> {
  const findings: ShellFinding[] = [];
  for (const piece of readPsqlScript(source.text)) {
    const sketchy = piece.sketchy || source.sketchy;
    if (piece.kind === 'sql') findings.push(...(await sqlFindings(parser, source, piece.text, piece.offset, sketchy, policy)));
    else {
      const verdict = backslashFinding(piece.text, policy.access.capability);
      const place = source.place(piece.offset, piece.text.length);
      if (verdict?.kind === 'refused') findings.push({ decision: verdict.decision, ...place });
      if (verdict?.kind === 'sql') {
        const { decision } = await decideSql(parser, verdict.text, policy);
        if (decision.effect === 'refuse' && !isGuess(decision, sketchy)) findings.push({ decision, ...place });
      }
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
  if (judgement.decision.rule === 'unparsable')
    return isGuess(judgement.decision, sketchy) ? [] : [{ decision: judgement.decision, ...source.place(offset, sql.length) }];
  return judgement.statements.flatMap(({ decision, offset: at, text }) =>
    decision.effect === 'refuse' && !isGuess(decision, sketchy) ? [{ decision, ...source.place(offset + at, text.length) }] : [],
  );
}

/** A refusal that rests on a stand-in for what is only known at run time: the gateway will see the real thing. */
function isGuess(decision: Decision, sketchy: boolean): boolean {
  return sketchy && (decision.rule === 'unparsable' || /(?:^|\.)x0*(?:$|\.)/.test(decision.matched ?? ''));
}

/** Holds something that is filled in later: an expansion, or a hole of the plan. */
function isOpen(sketch: string): boolean {
  return sketch.includes('\0') || /<[^<>\s]+>/.test(sketch);
}

const addressNames = /^(?:export\s+)?(PGHOST|PGHOSTADDR|PGPORT|PGSERVICE|PGSERVICEFILE)=(.*)$/s;
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

function elsewhere(what: string, matched: string): Decision {
  return { effect: 'refuse', rule: 'connection-elsewhere', reason: `${what}, which leads round the guard`, matched };
}

const sqlitePrograms = new Set(['sqlite', 'sqlite3', 'litecli', 'sqlite-utils']);
const schemaPrograms = new Set(['createdb', 'dropdb', 'createuser', 'dropuser']);
const maintenancePrograms = new Set(['vacuumdb', 'reindexdb', 'clusterdb']);

/** What is to be said against a program as such. */
function programFinding(program: ShellProgram, script: ShellScript, policy: ShellPolicy): Decision | undefined {
  const { name, remote } = program;
  if (name === undefined) return undefined;
  const matched = name;
  const production = policy.access.capability === 'production';
  if (sqlitePrograms.has(name))
    return { effect: 'refuse', rule: 'sqlite-program', reason: `a call of \`${name}\`, where SQLite is no substitute`, matched, policy: 'no-sqlite-fallback' };
  const client = name === 'psql' || name === 'pg_restore' || name === 'pgbench' || schemaPrograms.has(name) || maintenancePrograms.has(name);
  if (!client) return undefined;
  if (remote) return elsewhere(`\`${name}\` in another place`, name);
  if (policy.productionPath && script.commands.length > 1) {
    return { effect: 'refuse', rule: 'client-beside-production-path', reason: `\`${name}\` beside the production path`, matched, policy: 'no-manual-writes' };
  }
  if (schemaPrograms.has(name)) return { effect: 'refuse', rule: 'ddl', reason: `a call of \`${name}\`, a change of the schema`, matched, policy: 'no-ddl' };
  if (production) return undefined;
  if (maintenancePrograms.has(name))
    return { effect: 'refuse', rule: 'side-effect', reason: `a call of \`${name}\`, which does more than read`, matched, policy: 'no-manual-writes' };
  const options = program.arguments.map(({ sketch }) => sketch);
  const restores = name === 'pg_restore' && options.some((option) => /^(?:-d|--dbname)/.test(option));
  const loads = name === 'pgbench' && !options.some((option) => option === '-S' || option === '--select-only');
  return restores || loads
    ? { effect: 'refuse', rule: 'opaque', reason: `a call of \`${name}\`, of which nobody knows here what it writes`, matched, policy: 'no-manual-writes' }
    : undefined;
}
