// What the pages of the reference have in common.

/** A page: its own head line says where it comes from, so that nobody edits it by hand. */
export const page = (title, from, lines) =>
  `${[`# ${title}`, '', `<!-- Made by \`npm run build:reference\` from ${from}. Changes here are lost. -->`, '', ...lines].join('\n').trimEnd()}\n`;

/** Text between the bars of a table. */
export const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Prose: what GitHub would take for an element is shown as it stands; what is in backticks is left. */
export const prose = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('');

/** In backticks, whatever backticks stand in it. */
export const code = (text) => {
  const ticks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const room = /^`|`$/.test(text) ? ' ' : '';
  return `${ticks}${room}${text}${room}${ticks}`;
};

export const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

/** A fence that nothing in the text closes. */
export const fence = (text, info = 'text') => {
  const ticks = '`'.repeat(Math.max(3, ...[...text.matchAll(/^ *(`+)/gm)].map(([, run]) => run.length + 1)));
  return [`${ticks}${info}`, ...text.trimEnd().split('\n'), ticks];
};

/** The anchor that GitHub and GitLab give a heading. */
export const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');

/** With a full stop, and a capital unless it begins with a name (`verdict.json`, `--out`). */
export const sentence = (text) =>
  text === '' ? '' : `${/^[a-z]+[ ,:;]/.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0)}${text.slice(1)}${/[.!?:]$/.test(text) ? '' : '.'}`;
