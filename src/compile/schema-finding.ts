import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { YamlPointer } from '../parse/yaml-document.ts';

/** One thing that a schema found wrong, before it has a place in the file. */
export interface SchemaFinding {
  readonly pointer: YamlPointer;
  readonly of: 'key' | 'value';
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly notes?: readonly string[];
  readonly help: string;
}

/** A JSON pointer (RFC 6901) as keys and indexes. */
export function pointerOf(path: string): YamlPointer {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Names for a message: `a`, `b`. */
export function listed(names: readonly unknown[]): string {
  return names.map((name) => `\`${String(name)}\``).join(', ');
}
