import type { Origin } from './value.ts';

/** Where a value came from, as people read it: `stdout of step 4.1, line 3`. */
export function renderOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'input':
      return `given by ${origin.source}`;
    case 'output':
      return `${origin.stream} of step ${origin.step}, line ${origin.lineNumber}`;
    case 'row':
      return `row ${origin.row} of step ${origin.step}, column ${origin.column}`;
    case 'variable':
      return `variable ${origin.variable} at the end of step ${origin.step}`;
    case 'search':
      return `search of step ${origin.step}`;
    case 'verdict':
      return `verdict of ${origin.of.join(', ')}`;
    case 'witness':
      return `witness ${origin.witness} of step ${origin.step}`;
  }
}
