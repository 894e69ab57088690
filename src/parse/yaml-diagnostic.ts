/** What the YAML parser and the walk over its nodes found wrong, in our words: one place, one cause, one next action. */
import type { Node, YAMLError } from 'yaml';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Span } from '../model/span.ts';
import { spanAt, type TextDocument } from './text-document.ts';
import { aliasNodeLimit, type YamlFault } from './yaml-value.ts';

const diagnosticLimit = 20;

/** An error or a warning of the `yaml` package as a diagnostic; its warnings (unknown tags, directives) are errors here. */
export function syntaxDiagnostic(document: TextDocument, error: YAMLError): Diagnostic {
  const span = spanAt(document, error.pos[0], error.pos[1]);
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return diagnose('parse/yaml-tag', span, {
      message: `the tag \`${document.text.slice(...error.pos)}\` is not read`,
      notes: ['only the tags of YAML 1.2 core are known'],
      help: 'remove the tag',
    });
  }
  if (error.code === 'TAB_AS_INDENT') {
    return diagnose('parse/yaml-tab', span, { message: 'a tab stands where YAML wants spaces', help: 'indent with spaces' });
  }
  const message = error.message.replace(/\.$/, '');
  return diagnose('parse/yaml-syntax', span, { message: message.charAt(0).toLowerCase() + message.slice(1), help: syntaxHelp(error.code) });
}

function syntaxHelp(code: YAMLError['code']): string {
  switch (code) {
    case 'BAD_SCALAR_START':
      return 'put the value in single quotes: it starts with a character that YAML reserves';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'UNEXPECTED_TOKEN':
      return 'put the value in single quotes if it holds `: `, ` #`, quotes or brackets';
    case 'BAD_INDENT':
      return 'align the keys of one mapping, and close every bracket';
    case 'MISSING_CHAR':
      return 'write the missing character';
    case 'BAD_DQ_ESCAPE':
      return 'put the value in single quotes, where a backslash is an ordinary character';
    case 'NON_STRING_KEY':
      return 'use plain text as key';
    default:
      return 'correct the YAML here';
  }
}

/** A fault of the data as a diagnostic. */
export function faultDiagnostic(document: TextDocument, fault: YamlFault): Diagnostic {
  const span = spanOfNode(document, fault.node);
  switch (fault.kind) {
    case 'duplicate-key':
      return diagnose('parse/yaml-duplicate-key', span, {
        message: `the key \`${fault.key}\` is given twice`,
        notes: [`first given in line ${spanOfNode(document, fault.first).start.line}`],
        help: 'keep one of the two',
      });
    case 'unknown-anchor':
      return diagnose('parse/yaml-syntax', span, { message: `nothing above is anchored as \`&${fault.name}\``, help: 'quote the value if no alias is meant' });
    case 'circular-alias':
      return diagnose('parse/yaml-alias-limit', span, { message: `\`*${fault.name}\` stands inside what it repeats`, help: 'write the value out' });
    case 'alias-limit':
      return diagnose('parse/yaml-alias-limit', span, {
        message: `\`*${fault.name}\` repeats too much`,
        notes: [`all aliases together may stand for ${aliasNodeLimit} values`],
        help: 'write the values out',
      });
    case 'unusable-text':
      return diagnose('parse/yaml-control-character', span, {
        message: `an escape in this text stands for ${codePointName(fault.unit)}, which no command, path or statement can hold`,
        help: 'remove the escape',
      });
  }
}

/** A character by its number, `U+202E`: it may be one that cannot be shown. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** An error with its place. */
export function diagnose(code: DiagnosticCode, span: Span, rest: Pick<Diagnostic, 'message' | 'notes' | 'help'>): Diagnostic {
  return { severity: 'error', code, span, ...rest };
}

/** Sorted by place, one a line: one mistake makes the parser stumble several times in a line; only the first of them tells. At most 20. */
export function tidy(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const lines = new Map<number, Diagnostic>();
  for (const diagnostic of [...diagnostics].sort((a, b) => (a.span?.start.offset ?? 0) - (b.span?.start.offset ?? 0))) {
    const line = diagnostic.span?.start.line ?? 0;
    if (!lines.has(line)) lines.set(line, diagnostic);
  }
  return [...lines.values()].slice(0, diagnosticLimit);
}

/** A collection's range runs up to the next token: the white space (and a line's end) behind it is not its own. */
export function spanOfNode(document: TextDocument, node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return spanAt(document, start, start + document.text.slice(start, end).trimEnd().length);
}
