/** Questions as the text of an addendum: all of it comments but the plan's name, so that it is valid as it is written. */
import { questionSections, type Question } from './new-question.ts';
import { yamlText } from './new-quotation.ts';

/** A whole file for a plan that has no addendum yet. `name` is the file name of the plan. */
export function renderAddendum(name: string, questions: readonly Question[]): string {
  return [
    '# yaml-language-server: $schema=node_modules/proofplan/schemas/addendum.schema.json',
    `# What ${name} leaves open. Uncomment what you answer (one \`# \` a line, with the line of its section) and fill in what`,
    '# stands behind a bare colon; `proofplan check` says what is still open.',
    `plan: ${yamlText(name)}`,
    '',
    renderQuestions(questions),
  ].join('\n');
}

/** The questions alone, by section; uncommenting takes one `# ` from each line, and the questions stay comments. */
export function renderQuestions(questions: readonly Question[]): string {
  const sections = questionSections.map((section) => ({ section, own: questions.filter((question) => question.section === section) }));
  const lines = sections
    .filter(({ own }) => own.length > 0)
    .flatMap(({ section, own }) => [`${section}:`, ...own.flatMap((question) => indented([...asked(question), ...question.answer]))]);
  return `${lines.map((line) => `# ${line}`).join('\n')}\n`;
}

function asked({ lineNumber, quotation, ask }: Question): readonly string[] {
  return [`# line ${lineNumber}: ${quotation}`, ...ask.map((sentence) => `# ${sentence}`)];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
