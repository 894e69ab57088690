/** `proofplan decide`: a statement or a shell text → the decision, as JSON. Nothing is executed. */
import { isUtf8 } from 'node:buffer';
import { Option } from '@commander-js/extra-typings';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Decision } from '../model/policy.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { positionAt, textDocumentOf, type TextDocument } from '../parse/text-document.ts';
import type { SqlPolicy } from '../policy/decide-sql.ts';
import { say, type CommandContext } from './command-context.ts';
import { capabilityNames, capabilityOption, collectNames, type CapabilityName } from './guard.ts';
import type { CataloguePlace, DecisionAnswer, DecisionData } from './decision-text.ts';
import { examples, type Finish, type Program } from './program.ts';

interface DecideOptions {
  readonly dialect: 'sql' | 'shell';
  readonly capability: CapabilityName;
  readonly protect: readonly string[];
  readonly database?: string;
  readonly environment?: string;
  readonly json?: true;
  readonly pretty?: true;
}

/** As the parser's own: what is longer is refused, because nobody can say what stands in it. */
const maximumBytes = 256 * 1024;

export function addDecide(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('decide')
    .description('say whether a text of SQL or shell on standard input would be permitted; executes nothing. Exit code 0: permitted, 3: refused')
    .addOption(new Option('--dialect <name>', 'what the text is').choices(['sql', 'shell'] as const).default('sql' as const))
    .addOption(capabilityOption())
    .option('--protect <tables>', 'tables that are never written, comma-separated: name (in any schema) or schema.name', collectNames, [])
    .option('-d, --database <url>', 'a PostgreSQL URL, env:NAME, or embedded: its catalogue shows what views, triggers and functions do')
    .option('-e, --environment <name>', 'the same, by an environment of the configuration')
    .option('--json', 'JSON also on a terminal')
    .option('--pretty', 'text for people also in a pipe')
    .addHelpText('after', examples('decide --protect runs < query.sql', 'decide --dialect shell --pretty < deploy.sh'))
    .action(async (options) => finish(await decide(options, context)));
}

async function decide(options: DecideOptions, context: CommandContext): Promise<number> {
  const bytes = await context.readStandardInput(maximumBytes);
  const document = textDocumentOf(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), '<stdin>');
  if (document.text.trim() === '') {
    const help = options.dialect === 'sql' ? "echo 'SELECT 1' | proofplan decide" : "echo 'psql -c SELECT' | proofplan decide --dialect shell";
    const empty: Diagnostic = { severity: 'error', code: 'cli/usage', message: 'standard input holds no text to decide on', help: `\`${help}\`` };
    await say(context, [empty]);
    return usageExitCode;
  }
  const unreadable = unreadableOf(bytes);
  const terms = unreadable === undefined ? await readTerms(options, context) : undefined;
  if (typeof terms === 'number') return terms;
  const answer = unreadable !== undefined || terms === undefined ? nothingRead(options, unreadable) : await judge(document, options, terms);
  const protect = [...new Set(options.protect)];
  const data: DecisionData = {
    schemaVersion: 1,
    dialect: options.dialect,
    capability: options.capability,
    protect,
    catalogue: terms?.place ?? null,
    ...answer,
  };
  if (options.json === true || (options.pretty !== true && context.outIsTerminal !== true)) context.out(`${JSON.stringify(data)}\n`);
  else context.out(`${(await import('./decision-text.ts')).renderDecision(data, context.outColours)}\n`);
  return answer.decision.effect === 'permit' ? 0 : exitCodes.refused;
}

/** A text that cannot be read as a whole is no misuse: something that nobody can judge was put here to be judged. */
function unreadableOf(bytes: Uint8Array): Decision | undefined {
  const refusal = (rule: string, reason: string, sqlstate: string): Decision => ({ effect: 'refuse', rule, reason, sqlstate });
  if (bytes.length > maximumBytes) return refusal('too-long', `a text of more than ${maximumBytes / 1024} KB, which is not judged`, '54000');
  if (!isUtf8(bytes)) return refusal('unreadable', 'a text that is not valid UTF-8, which can be read in two ways', '22021');
  return bytes.includes(0) ? refusal('unreadable', 'a text with a NUL character, behind which a reader may stop', '22021') : undefined;
}

function nothingRead({ dialect }: DecideOptions, decision: Decision | undefined): DecisionAnswer {
  const refused: Decision = decision ?? { effect: 'refuse', rule: 'undecided', reason: 'no decision could be made' };
  return dialect === 'sql' ? { decision: refused, statements: [] } : { decision: refused, findings: [] };
}

interface Terms {
  readonly policy: SqlPolicy;
  /** Whose catalogue was read; undefined where the text alone is judged. */
  readonly place: CataloguePlace | undefined;
}

/** The policy of the options, or the exit code of what stands in the way. */
async function readTerms(options: DecideOptions, context: CommandContext): Promise<Terms | number> {
  const policy: SqlPolicy = { access: { capability: capabilityNames[options.capability], writes: [] }, protectedTables: options.protect };
  if (options.database === undefined && options.environment === undefined) return { policy, place: undefined };
  const [{ chooseDatabase, settleDatabase }, { readLivePolicy }] = await Promise.all([import('./database-choice.ts'), import('../execute/live-policy.ts')]);
  const database = await chooseDatabase({ database: options.database, environment: options.environment }, context);
  await say(context, database.diagnostics);
  if (database.value === undefined) return usageExitCode;
  const settled = await settleDatabase(database.value);
  await say(context, settled.diagnostics);
  if (settled.value === undefined) return exitCodes.error;
  const live = await readLivePolicy(settled.value, policy);
  await say(context, live.diagnostics);
  if (live.value === undefined) return live.diagnostics.some(({ code }) => code === 'guard/no-such-table') ? usageExitCode : exitCodes.error;
  const { host, port, database: name } = settled.value;
  return { policy: live.value, place: { host, port, database: name } };
}

async function judge(document: TextDocument, { dialect }: DecideOptions, { policy }: Terms): Promise<DecisionAnswer> {
  const [{ createSqlParser }, { plainDecision }] = await Promise.all([import('../policy/sql-parser.ts'), import('../policy/plain-reason.ts')]);
  const parser = createSqlParser();
  const placeOf = (offset: number): { readonly line: number; readonly column: number } => {
    const { line, column } = positionAt(document, offset);
    return { line, column };
  };
  try {
    if (dialect === 'sql') {
      const { decideSql } = await import('../policy/decide-sql.ts');
      const { decision, statements } = await decideSql(parser, document.text, policy);
      return {
        decision: plainDecision(decision),
        statements: statements.map(({ text, offset, kind, writes, decision: own }) => ({
          text,
          ...placeOf(offset),
          kind,
          writes,
          decision: plainDecision(own),
        })),
      };
    }
    const { judgeShell } = await import('../policy/judge-shell.ts');
    const { decision, findings } = await judgeShell(parser, document.text, { ...policy, productionPath: false });
    const textAt = (offset: number, length: number): string => document.text.slice(offset, offset + length);
    return {
      decision: plainDecision(decision),
      findings: findings.map(({ decision: own, offset, length }) => ({ text: textAt(offset, length), ...placeOf(offset), decision: plainDecision(own) })),
    };
  } finally {
    await parser.close();
  }
}
