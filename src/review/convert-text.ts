/** The data of a YAML plan as text that reads back to the same data. */
import { Document, isScalar, visit } from 'yaml';
import type { YamlData } from './convert-shape.ts';

const modeline = '# yaml-language-server: $schema=node_modules/proofplan/schemas/plan.schema.json\n';

/** What a reader of the file cannot see is refused where it stands raw; in double quotes it can be written as an escape. */
const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u{200b}\u{2028}\u{2029}\u{2060}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}]/gu;

export function renderYamlPlan(data: YamlData): string {
  const document = new Document(data, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && node.value.search(hidden) !== -1) node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, blockQuote: 'literal', singleQuote: true });
  return `${modeline}${text.replace(hidden, (unit) => `\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)}`;
}
