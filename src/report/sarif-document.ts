/**
 * SARIF 2.1.0 (OASIS): messages as other tools show them beside the lines of a document. One run for all plans, with an invocation each:
 * GitHub takes 20 runs of a file, and one of each category; rules are the codes of the catalogue; columns count UTF-16 units, as the
 * spans do.
 */
import { diagnosticCodes } from '../model/diagnostic-code.ts';
import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import { cutText, jsonText, lineOf } from './format-text.ts';
import { stripControl } from './strip-control.ts';

/** What a result says. `rule` is a code of the catalogue, or a name of ours with its meaning. */
export interface SarifFinding {
  readonly rule: string;
  readonly meaning?: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span?: Span;
  readonly notes?: readonly string[];
  readonly help?: string;
}

/** What there is to say of one plan. `exitCode` and `successful` are the execution's, or those of the check; `problems` are about the reading itself. */
export interface SarifPlan {
  readonly path: string;
  readonly findings: readonly SarifFinding[];
  readonly exitCode: number;
  /** Did the tool come to its end? A plan that failed was executed successfully. */
  readonly successful: boolean;
  readonly problems: readonly string[];
  readonly commandLine?: readonly string[];
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface SarifOptions {
  /** Of the program that writes. */
  readonly version: string;
  /** Why a code matters: its page's words; undefined for what has no page. */
  readonly whyOf: (code: string) => string | undefined;
  /** SHA-256 in lower hex. */
  readonly sha256: (text: string) => string;
  /** The path of a file from the root of the repository, or an absolute one. */
  readonly pathOf: (path: string) => string;
}

/** GitHub takes 25,000 results of a run and shows 5,000; the ones before the end are the worst. */
const mostFindings = 5_000;
/** Of so many the whole text is told, of the others its beginning: GitHub takes no file that is over 10 MB when it is packed. */
const mostWhole = 500;
const mostText = 4_000;
const mostBeginning = 400;
const levels: Readonly<Record<Severity, 'error' | 'warning'>> = { error: 'error', failed: 'error', refused: 'error', warning: 'warning' };
const severityOrder: readonly Severity[] = ['refused', 'error', 'failed', 'warning'];

/** A message, and which plan it is about. */
interface Told {
  readonly finding: SarifFinding;
  readonly path: string;
  readonly index: number;
}

/** The document, with a line feed at its end. It has no `automationDetails`: which uploads replace each other is for the workflow to say. */
export function renderSarif(plans: readonly SarifPlan[], options: SarifOptions): string {
  const version = 'https://json.schemastore.org/sarif-2.1.0.json';
  const found = plans
    .flatMap(({ findings, path }, index) => findings.map((finding): Told => ({ finding, path, index })))
    .toSorted((a, b) => rank(a.finding) - rank(b.finding));
  const told = found.slice(0, mostFindings);
  const left = found.length - told.length;
  const rules = [...new Map(told.map(({ finding }) => [finding.rule, finding])).values()];
  const run = {
    tool: {
      driver: {
        name: 'proofplan',
        semanticVersion: semantic(options.version),
        version: options.version,
        rules: rules.map((finding) => renderRule(finding, options)),
      },
    },
    invocations: plans.map((plan, index) => renderInvocation(plan, index === 0 && left > 0 ? [`${left} more messages are not listed`] : [])),
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { SRCROOT: { description: { text: 'the root of the repository' } } },
    artifacts: [...new Set(plans.map(({ path }) => path))].map((path) => ({ location: location(path, options) })),
    results: renderResults(told, new Map(rules.map(({ rule }, index) => [rule, index])), options),
  };
  return `${jsonText({ $schema: version, version: '2.1.0', runs: [run] }, 2)}\n`;
}

/** Verdicts first: of no plan that did not pass nothing may be said. */
function rank({ rule, severity }: SarifFinding): number {
  return rule.startsWith('verdict/') ? -1 : severityOrder.indexOf(severity);
}

function renderInvocation({ successful, exitCode, commandLine, startedAt, endedAt, problems, path, properties }: SarifPlan, more: readonly string[]): unknown {
  const notes = [...problems, ...more].map((text) => ({ level: 'error', message: { text: plain(cutText(text, mostText)) } }));
  return {
    executionSuccessful: successful,
    exitCode,
    ...(commandLine === undefined ? {} : { arguments: commandLine.slice(0, 200).map((word) => plain(cutText(word, 1_000))) }),
    ...(startedAt === undefined ? {} : { startTimeUtc: startedAt }),
    ...(endedAt === undefined ? {} : { endTimeUtc: endedAt }),
    ...(notes.length === 0 ? {} : { toolExecutionNotifications: notes }),
    properties: { plan: plain(lineOf(path, 2_000)), ...properties },
  };
}

function renderRule({ rule, meaning, severity, help }: SarifFinding, { whyOf }: SarifOptions): unknown {
  const known: string | undefined = Object.hasOwn(diagnosticCodes, rule) ? diagnosticCodes[rule as keyof typeof diagnosticCodes] : undefined;
  const short = known ?? meaning ?? rule;
  const why = whyOf(rule);
  const told = `${why ?? short}\n\nMore: proofplan explain ${rule}`;
  return {
    id: rule,
    shortDescription: { text: plain(short) },
    fullDescription: { text: plain(why === undefined ? short : `${short}: ${why}`) },
    help: { text: plain(known === undefined ? (help ?? short) : told) },
    defaultConfiguration: { level: levels[severity] },
  };
}

/**
 * A fingerprint rests on what a message says and not on its line, so that it stays when lines are added above; the same message twice
 * is told apart by its number.
 */
function renderResults(all: readonly Told[], indices: ReadonlyMap<string, number>, options: SarifOptions): readonly unknown[] {
  const seen = new Map<string, number>();
  return all.map(({ finding, path, index: invocationIndex }, place) => {
    const { rule, severity, message, span, notes, help } = finding;
    const same = `${rule}\n${span?.path ?? path}\n${message.replace(/\d+/g, '#')}`;
    const number = (seen.get(same) ?? 0) + 1;
    seen.set(same, number);
    const text = [message, ...(notes ?? []).map((note) => `note: ${note}`), ...(help === undefined ? [] : [`help: ${help}`])].join('\n');
    return {
      ruleId: rule,
      ruleIndex: indices.get(rule),
      level: levels[severity],
      kind: 'fail',
      message: { text: plain(cutText(text, place < mostWhole ? mostText : mostBeginning)) || rule },
      locations: [{ physicalLocation: { artifactLocation: location(span?.path ?? path, options), region: region(span) } }],
      partialFingerprints: { 'proofplanMessage/v1': options.sha256(`${same}\n${number}`) },
      provenance: { invocationIndex },
      properties: { severity },
    };
  });
}

function region(span: Span | undefined): unknown {
  if (span === undefined || ![span.start.line, span.start.column, span.end.line, span.end.column].every((each) => Number.isInteger(each) && each > 0))
    return { startLine: 1 };
  const { start, end } = span;
  const ordered = end.line > start.line || (end.line === start.line && end.column >= start.column);
  return { startLine: start.line, startColumn: start.column, ...(ordered ? { endLine: end.line, endColumn: end.column } : {}) };
}

function location(path: string, { pathOf }: SarifOptions): unknown {
  const own = pathOf(path);
  return own.startsWith('/') ? { uri: `file://${uriOf(own)}` } : { uri: uriOf(own) || 'plan', uriBaseId: 'SRCROOT' };
}

/** A relative reference (RFC 3986, 4.2): its first segment holds no colon, which encoding sees to. */
function uriOf(path: string): string {
  return lineOf(path, 2_000)
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}

function plain(text: string): string {
  return stripControl(text).replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd');
}

/** SemVer 2.0 or nothing else than it. */
function semantic(version: string): string {
  return /^\d+\.\d+\.\d+/.test(version) ? version : '0.0.0';
}

/** A message of ours as a finding. */
export function findingOf({ code, severity, message, span, label, notes, help }: Diagnostic): SarifFinding {
  const facts = [...(label === undefined || label === '' ? [] : [label]), ...(notes ?? [])];
  return { rule: code, severity, message, ...(span === undefined ? {} : { span }), notes: facts, ...(help === undefined ? {} : { help }) };
}
