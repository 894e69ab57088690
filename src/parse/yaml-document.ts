/**
 * YAML 1.2 (core schema) as plain data with places, on the `yaml` package. Stricter than YAML where a plan's author would be
 * surprised: one document, no tags but the core's, no duplicate keys, no control or invisible characters, everything bounded.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type CST, type Document, type Node, type Pair } from 'yaml';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import { spanAt, textDocumentOf, type TextDocument } from './text-document.ts';
import { codePointName, diagnose, faultDiagnostic, spanOfNode, syntaxDiagnostic, tidy } from './yaml-diagnostic.ts';
import { keyOf, yamlValueOf } from './yaml-value.ts';

/** The way to a node from the top: keys and indexes (from 0). */
export type YamlPointer = readonly (string | number)[];

export interface YamlDocument {
  readonly path: string;
  readonly text: TextDocument;
  /** Plain data. Numbers may have lost digits or a form (`1.10`); `sourceOf` has them as written. */
  readonly value: unknown;
  /** Where a node stands, or its key (`of: 'key'`; an item of a list has none and answers with itself). A pointer to nothing answers with the deepest node that is there. */
  readonly spanOf: (pointer: YamlPointer, of?: 'key' | 'value') => Span;
  /** A scalar's text as written, without quotes and with escapes resolved (`9007199254740993`, `1.10`, `~`); undefined for anything else. */
  readonly sourceOf: (pointer: YamlPointer) => string | undefined;
}

const textLimit = 1_048_576;
const depthLimit = 64;

/** C0 and C1 controls but tab and line ends, a CR that ends no line, bidirectional controls, and invisible characters. */
const hiddenCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u{200b}\u{2060}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}\p{Surrogate}]|\r(?!\n)/u;

const options = {
  version: '1.2',
  schema: 'core',
  prettyErrors: false,
  strict: true,
  stringKeys: true,
  // Found by `yamlValueOf` instead: the package compares every pair of keys, and stops at the first.
  uniqueKeys: false,
  merge: false,
  resolveKnownTags: false,
  logLevel: 'error',
} as const;

/** Reads one YAML document. With any error there is no value; errors are sorted by place, at most one a line. */
export function parseYaml(text: string, path: string): Checked<YamlDocument> {
  const document = textDocumentOf(text, path);
  const refusal = refuseText(document);
  if (refusal !== undefined) return { value: undefined, diagnostics: [refusal] };
  const composed = compose(document);
  if (!('contents' in composed)) return { value: undefined, diagnostics: [composed] };
  const { value, faults, targetOf } = yamlValueOf(composed.contents as Node | null);
  const diagnostics = [
    ...[...composed.errors, ...composed.warnings].map((error) => syntaxDiagnostic(document, error)),
    ...faults.map((fault) => faultDiagnostic(document, fault)),
  ];
  if (composed.directives?.yaml.version === '1.1') {
    diagnostics.push(diagnose('parse/yaml-syntax', spanAt(document, 0, 0), { message: 'YAML 1.1 is not read', help: 'remove the `%YAML` directive' }));
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics: tidy(diagnostics) };
  if (composed.contents === null) {
    return {
      value: undefined,
      diagnostics: [diagnose('parse/empty-document', spanAt(document, 0, 0), { message: `\`${path}\` is empty`, help: 'write at least one key' })],
    };
  }
  const find = (pointer: YamlPointer) => locate(composed.contents as Node, pointer, (node) => (isAlias(node) ? (targetOf(node) ?? node) : node));
  return {
    value: {
      path,
      text: document,
      value,
      spanOf: (pointer, of = 'value') => {
        const found = find(pointer);
        return spanOfNode(document, of === 'key' ? (found.key ?? found.node) : found.node);
      },
      sourceOf: (pointer) => find(pointer).source,
    },
    diagnostics: [],
  };
}

/** What is refused before the parser sees it. */
function refuseText(document: TextDocument): Diagnostic | undefined {
  if (document.text.length > textLimit) {
    return diagnose('parse/yaml-too-large', spanAt(document, 0, 0), {
      message: `\`${document.path}\` is too large for a YAML document`,
      notes: [`it has ${document.text.length} characters; ${textLimit} are read`],
      help: 'split it into several files',
    });
  }
  const hidden = hiddenCharacter.exec(document.text);
  if (hidden === null) return undefined;
  return diagnose('parse/yaml-control-character', spanAt(document, hidden.index, hidden.index + hidden[0].length), {
    message: `a control or invisible character, ${codePointName(hidden[0])}, stands in the text`,
    help: 'remove it, or write it as an escape in double quotes',
  });
}

/**
 * Composes the first document. The parser's stack is watched token by token, because the composer is recursive: a deeply
 * nested text does not merely throw there, it can abort the process inside a regular expression's compilation.
 */
function compose(document: TextDocument): Document.Parsed | Diagnostic {
  const lexer = new Lexer();
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let offset = 0;
  for (const lexeme of lexer.lex(document.text)) {
    tokens.push(...parser.next(lexeme));
    // The document itself is the first on the stack.
    if (parser.stack.length - 1 > depthLimit) {
      return diagnose('parse/yaml-too-deep', spanAt(document, offset, offset), {
        message: `this is nested more than ${depthLimit} levels deep`,
        help: 'write it flatter',
      });
    }
    offset = parser.offset;
  }
  tokens.push(...parser.end());
  const documents = new Composer(options).compose(tokens, true, document.text.length);
  const first = documents.next();
  const second = documents.next();
  if (second.done !== true) {
    const start = second.value.range[0];
    return diagnose('parse/yaml-multiple-documents', spanAt(document, start, start), {
      message: 'a second YAML document starts here',
      notes: ['one file holds one document; what follows would not be read'],
      help: 'remove the `---` or `...` before it, or move it to a file of its own',
    });
  }
  return first.value as Document.Parsed;
}

function locate(root: Node, pointer: YamlPointer, resolve: (node: Node) => Node): { readonly node: Node; readonly key?: Node; readonly source?: string } {
  let node = root;
  let key: Node | undefined;
  let complete = true;
  for (const part of pointer) {
    const target = resolve(node);
    let next: Node | null | undefined;
    let nextKey: Node | undefined;
    if (isMap(target)) {
      const pair = (target.items as readonly Pair<Node, Node | null>[]).find((item) => keyOf(item) === String(part));
      nextKey = pair?.key;
      // `{ a, b }` has keys without any value node; the key stands for it.
      next = pair === undefined ? undefined : (pair.value ?? pair.key);
    } else if (isSeq(target)) {
      next = target.items[Number(part)] as Node | undefined;
    }
    if (next === undefined || next === null) {
      complete = false;
      break;
    }
    node = next;
    key = nextKey;
  }
  const target = resolve(node);
  const source = complete && node !== key && isScalar(target) ? (target.source ?? '') : undefined;
  return { node, ...(key !== undefined && { key }), ...(source !== undefined && { source }) };
}
