/**
 * `explain CODE`: what a diagnostic means, which wrong pass it prevents, and an example with its mended form. Examples of reading are
 * the fixtures that a test compiles; two pages show a whole language, of policies and of claims.
 */
import { openRules } from '../compile/open-rule.ts';
import { phrasesByKind } from '../compile/phrasebook.ts';
import { diagnosticCodes, type DiagnosticCode } from '../model/diagnostic-code.ts';
import { auditReasons } from './code-page-audit.ts';
import { cliReasons } from './code-page-cli.ts';
import { environmentReasons } from './code-page-environment.ts';
import { executeReasons } from './code-page-execute.ts';
import { mergeReasons } from './code-page-merge.ts';
import { readingReasons } from './code-page-reading.ts';
import { recordReasons } from './code-page-record.ts';
import type { CodeReason } from './code-page-row.ts';
import { claimGrammar, claimSentences, codeExamples } from './generated/code-example.js';

/** A file of an example; without a name it is a piece of one, a command, or a situation. */
export interface ExampleText {
  readonly name?: string;
  readonly text: string;
}

/** The shape of `explain CODE --json`. */
export interface CodePage {
  readonly schemaVersion: 1;
  readonly code: DiagnosticCode;
  readonly meaning: string;
  readonly why: string;
  readonly bad: readonly ExampleText[];
  readonly mended: readonly ExampleText[];
  /** Policy sentences that are understood, by what they become. */
  readonly policies?: readonly { readonly kind: string; readonly sentences: readonly string[] }[];
  /** What people demand that no guard keeps: such a sentence is accepted by name. */
  readonly withoutGuard?: readonly string[];
  /** The closed language of claims, line by line, and sentences with the claim that each becomes. */
  readonly grammar?: readonly string[];
  readonly claims?: readonly { readonly sentence: string; readonly reading: string }[];
}

const reasons: Readonly<Partial<Record<DiagnosticCode, CodeReason>>> = {
  ...cliReasons,
  ...readingReasons,
  ...environmentReasons,
  ...executeReasons,
  ...recordReasons,
  ...auditReasons,
  ...mergeReasons,
};

export function codePage(code: DiagnosticCode): CodePage {
  const reason = reasons[code];
  const files = codeExamples[code];
  return {
    schemaVersion: 1,
    code,
    meaning: diagnosticCodes[code],
    why: reason?.why ?? '',
    bad: files?.bad ?? piece(reason?.bad),
    mended: files?.good ?? piece(reason?.good),
    ...(code === 'compile/unenforced-policy' ? { policies: policies(), withoutGuard: openRules.map((rule) => rule.about) } : {}),
    ...(code === 'compile/unclear-expectation' ? { grammar: claimGrammar, claims: claimSentences } : {}),
  };
}

function piece(text: string | undefined): readonly ExampleText[] {
  return text === undefined ? [] : [{ text }];
}

function policies(): NonNullable<CodePage['policies']> {
  return phrasesByKind().map(({ kind, wordings }) => ({
    kind,
    sentences: wordings.map(({ example, onlyInHeading }) => (onlyInHeading ? `(${example.replace(/^\(|\)$/g, '')}) in a heading` : example)),
  }));
}
