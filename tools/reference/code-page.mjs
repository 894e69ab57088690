// docs/reference/codes.md: what each diagnostic means, which wrong pass it prevents, and how its cause is mended. The same words as `proofplan explain CODE`.
import { anchor, code, fence, page, prose, sentence } from './markdown.mjs';

/** What a floor looks at, for people who have a message before them. */
const floors = {
  cli: 'The command line and the files it names',
  compile: 'What a plan says',
  engine: 'Carrying out a step',
  environment: 'What a plan runs against',
  execute: 'An execution',
  guard: 'The guard of a database',
  journal: 'Writing the record',
  parse: 'Reading a file',
  policy: 'What a policy forbids',
  report: 'Reports',
  review: 'Reading the record',
};

/** Longer examples are shown by `proofplan explain`. */
const mostLines = 25;

export function renderCodes(pages) {
  const names = [...new Set(pages.map((each) => floorOf(each)))];
  return {
    'codes.md': page('Diagnostic codes', 'the catalogue of codes and their pages', [
      'A message begins with its severity and its code: `error[compile/no-step]`. `proofplan explain CODE` prints what stands here, and longer examples.',
      '',
      ...names.map((floor) => {
        const own = pages.filter((each) => floorOf(each) === floor);
        return `- [${titleOf(floor)}](#${anchor(titleOf(floor))}): ${own.length} codes`;
      }),
      '',
      ...names.flatMap((floor) => [`## ${titleOf(floor)}`, '', ...pages.filter((each) => floorOf(each) === floor).flatMap(codeSection)]),
    ]),
  };
}

const floorOf = ({ code: name }) => name.split('/')[0];
const titleOf = (floor) => floors[floor] ?? floor;

function codeSection({ code: name, meaning, why, bad, mended }) {
  return [
    `### ${name}`,
    '',
    prose(sentence(meaning)),
    ...(why === '' ? [] : ['', `Why it matters: ${prose(sentence(why))}`]),
    '',
    ...examples('Gives this message', bad),
    ...examples('Mended', mended),
  ];
}

function examples(title, files) {
  const shown = files.filter(({ text }) => text.trim() !== '' && text.trimEnd().split('\n').length <= mostLines);
  return shown.flatMap(({ name, text }) => [
    `${title}${name === undefined ? '' : ` (${code(name)})`}:`,
    '',
    ...fence(text.replaceAll('\r', '␍').replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '␦')),
    '',
  ]);
}
