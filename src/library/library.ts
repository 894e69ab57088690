/**
 * The library: what other programs build on. A front door like the command line, and as thin: it gives out what the floors
 * below offer and adds nothing. What is not here is free to change.
 */
export { compilePlan, type CompiledPlan, type CompileOptions } from '../compile/compile-plan.ts';
export { executePlan } from '../execute/execute-plan.ts';
export type { ExecuteOptions, ExecutionEnd } from '../execute/execution-option.ts';
export { guardCommand, type GuardCommandEnd, type GuardCommandOptions } from '../execute/guard-command.ts';
export { diagnosticCodes, type DiagnosticCode } from '../model/diagnostic-code.ts';
export type { Checked, Diagnostic, Severity } from '../model/diagnostic.ts';
export type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
export type { Plan } from '../model/plan.ts';
export { exitCodes, type Outcome, type Verdict } from '../model/verdict.ts';
export type { Decision } from '../model/policy.ts';
export { decideSql, type SqlJudgement, type SqlPolicy } from '../policy/decide-sql.ts';
export { judgeShell, type ShellJudgement } from '../policy/judge-shell.ts';
export { createSqlParser, type SqlParser } from '../policy/sql-parser.ts';
export { readReport } from '../report/report-markdown.ts';
export { restorePlan } from '../report/report-splice.ts';
export type { AuditExpectation } from '../review/audit-expectation.ts';
export { verifyExecution } from '../review/audit-verify.ts';
export { explainPlan } from '../review/explain.ts';
export type { Explanation } from '../review/explanation.ts';
export { readExecution, stepsOf, type ShownExecution, type ShownStep } from '../review/show.ts';
