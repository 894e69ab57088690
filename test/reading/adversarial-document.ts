/** What makes patterns go back and forth: one short text repeated in each place that is read. */

/** Near matches of the patterns' own alternatives, and signs that their repetitions share. */
export const fillings: readonly string[] = [
  'word ', 'a', ' x', '  ', 'a, ', '`', '`a` ', '[', ']', '(', '(a) ', '1', '1 ', '.', '. ', 'a_', '_ ', '"', '"a" ', '= ', '<', '<a> ', '{', '${', '\\',
  'must not ', 'do not ', 'only if ', 'at least 1 row ', 'never the ', 'run the ', 'should be ', 'the output ', 'before ', 'between a ', 'a: ', 'a/', 'a.b/', '- ',
  'x', 'xxxx ', 'YOUR_', '%A', 'a \\| ', 'if it fails, stop ', 'replace ', 'contains ', 'no ', '日', 'ü ', '&amp;', 'http://a.b ', '# ', 'psql -c "a" ', '`psql -c a` ',
  'a\n', 'step 1 PASSED ', '2026-01-01 ', 'the the ', 'on the a b ', 'then please ', 'we may ', 'in the ', 'as soon as ', 'the plan we ', 'ran ', 'you can ',
];

export const boxes: Readonly<Record<string, (text: string) => string>> = {
  paragraph: (text) => text,
  item: (text) => `- ${text}`,
  heading: (text) => `## ${text.replaceAll('\n', ' ')}`,
  expectation: (text) => `**Expected:** ${text}`,
  cell: (text) => `| Command | Expected |\n|---|---|\n| \`make\` | ${text.replaceAll('\n', ' ')} |`,
  'shell block': (text) => `\`\`\`bash\n${text}\n\`\`\``,
  query: (text) => `\`\`\`sql\nselect ${text}\n\`\`\``,
  'block without a language': (text) => `\`\`\`\n${text}\n\`\`\``,
  policy: (text) => `## Policy\n\n${text}`,
  criterion: (text) => `## Acceptance criteria\n\n- ${text}`,
  precondition: (text) => `## Preconditions\n\n- ${text}`,
  'report field': (text) => `## Report\n\n- ${text}`,
  capture: (text) => `Record ${text}`,
  instruction: (text) => `1. Run ${text}`,
  'bold label': (text) => `**${text.replaceAll('\n', ' ')}**`,
  narrative: (text) => `## Background\n\n${text}`,
};

export function adversarialDocument(box: string, filling: string, length: number): string {
  const text = filling.repeat(Math.ceil(length / filling.length));
  return `# T\n\n## 1. A\n\n\`\`\`bash\necho one\n\`\`\`\n\n${boxes[box]?.(text) ?? text}\n`;
}
