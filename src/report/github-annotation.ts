/**
 * Annotations of GitHub Actions: workflow commands on standard output (docs.github.com, "Workflow commands"; escaping as in the
 * toolkit's `command.ts`). A step shows ten errors, ten warnings and ten notices and drops the others, so the worst come first and the
 * last one counts the rest.
 */
import { cutText, lineOf } from './format-text.ts';
import { planFindings, type ReportedPlan } from './report-finding.ts';
import type { SarifFinding } from './sarif-document.ts';
import { stripControl } from './strip-control.ts';

type AnnotationLevel = 'error' | 'warning' | 'notice';

interface Annotation {
  readonly level: AnnotationLevel;
  /** Less is more important. */
  readonly rank: number;
  readonly properties: Readonly<Record<string, string | number>>;
  readonly message: string;
}

export interface AnnotationOptions {
  /** The path of a file from the root of the repository, or an absolute one. */
  readonly pathOf: (path: string) => string;
}

/** GitHub shows so many of each level for a step. */
const mostOfLevel = 10;
const mostMessage = 2_000;
const mostTitle = 120;
const mostPath = 1_000;
const ranks: Readonly<Record<SarifFinding['severity'], number>> = { refused: 1, error: 2, failed: 3, warning: 4 };

/** Each line is one workflow command; none holds a text of a plan unescaped. */
export function renderAnnotations(plans: readonly ReportedPlan[], options: AnnotationOptions): string {
  const all = plans.flatMap((plan) => annotationsOf(plan, options)).toSorted((a, b) => a.rank - b.rank);
  return (['error', 'warning', 'notice'] as const)
    .flatMap((level) => shortened(all.filter((annotation) => annotation.level === level)))
    .map(renderCommand)
    .join('');
}

function annotationsOf(plan: ReportedPlan, { pathOf }: AnnotationOptions): readonly Annotation[] {
  const fileOf = (file: string): string => lineOf(pathOf(file), mostPath);
  const { path, verdict, findings } = planFindings(plan);
  const title = (word: string, rule: string): string => lineOf(`${word}[${rule}] ${path}`, mostTitle);
  if (verdict.verdict === 'passed') {
    const passed: Annotation = {
      level: 'notice',
      rank: 9,
      properties: { file: fileOf(path), line: 1, title: lineOf(`passed: ${path}`, mostTitle) },
      message: verdict.reason,
    };
    return [passed, ...findings.map((finding) => annotationOf(finding, path, fileOf, title))];
  }
  return findings.map((finding) => annotationOf(finding, path, fileOf, title));
}

function annotationOf(finding: SarifFinding, path: string, fileOf: (path: string) => string, title: (word: string, rule: string) => string): Annotation {
  const { rule, severity, message, span, help, notes } = finding;
  const text = [message, ...(notes ?? []).slice(0, 5), ...(help === undefined ? [] : [`help: ${help}`])].join('\n');
  const sameLine = span !== undefined && span.end.line === span.start.line && span.end.column > span.start.column;
  return {
    level: severity === 'warning' ? 'warning' : 'error',
    rank: rule.startsWith('verdict/') ? 0 : ranks[severity],
    properties: {
      file: fileOf(span?.path ?? path),
      line: span?.start.line ?? 1,
      // GitHub takes columns only where an annotation stays in one line.
      ...(span === undefined ? {} : sameLine ? { col: span.start.column, endColumn: span.end.column } : { endLine: Math.max(span.start.line, span.end.line) }),
      title: rule.startsWith('verdict/') ? lineOf(`${rule.slice('verdict/'.length)}: ${path}`, mostTitle) : title(severity, rule),
    },
    message: text,
  };
}

/** At most ten; what is left out is counted in the last. */
function shortened(all: readonly Annotation[]): readonly Annotation[] {
  if (all.length <= mostOfLevel) return all;
  const told = all.slice(0, mostOfLevel - 1);
  const left = all.length - told.length;
  const [first] = all;
  const word = first?.level === 'warning' ? 'warnings' : first?.level === 'notice' ? 'notices' : 'errors';
  return [
    ...told,
    {
      level: first?.level ?? 'error',
      rank: 0,
      properties: { title: `${left} more ${word}` },
      message: `${left} more ${word} are not shown here: see the report of each execution, or \`proofplan show\``,
    },
  ];
}

function renderCommand({ level, properties, message }: Annotation): string {
  const given = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${given.join(',')}::${escapeData(cutText(stripControl(message), mostMessage))}\n`;
}

function escapeData(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
