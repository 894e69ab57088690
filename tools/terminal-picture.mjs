// What a terminal shows, as rows of cells, and as a picture: SVG whose text is text, for light and dark, with its words as title and
// description. Used by tools/build-picture.mjs, and by the test that compares the words of the pictures with those of today.
import terminal from '@xterm/headless';

const columns = 80;
const cell = { width: 8.4, height: 19 };
const margin = 18;

/** The rows that stand on the terminal after all this was written, without empty ones at the end: runs of cells that look alike. */
export async function readScreen(bytes) {
  const screen = new terminal.Terminal({ cols: columns, rows: 500, scrollback: 10_000, allowProposedApi: true });
  await new Promise((resolve) => screen.write(bytes, resolve));
  const buffer = screen.buffer.active;
  const rows = Array.from({ length: buffer.length }, (_, y) => runsOf(buffer.getLine(y)));
  screen.dispose();
  while (rows.length > 0 && rows.at(-1).length === 0) rows.pop();
  return rows;
}

/** Of a row: `text` from column `at` on, `look` a name of the style sheet below. Blanks at the end are none. */
function runsOf(line) {
  const runs = [];
  const length = line.translateToString(true).length;
  for (let x = 0; x < length; x += 1) {
    const at = line.getCell(x);
    if (at.getWidth() === 0) continue;
    const look = [colourOf(at), at.isBold() ? 'bold' : '', at.isDim() ? 'dim' : ''].filter(Boolean).join(' ');
    const last = runs.at(-1);
    const text = at.getChars() || ' ';
    if (last?.look === look) last.text += text;
    else runs.push({ at: x, look, text });
  }
  return runs;
}

const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

function colourOf(at) {
  if (!at.isFgPalette()) return '';
  return colours[at.getFgColor() % 8] ?? '';
}

export function textOf(rows) {
  return rows.map((runs) => runs.reduce((line, { at, text }) => line.padEnd(at) + text, ''));
}

/**
 * What is compared: from the first line about the guards on, without blanks, because lines are broken elsewhere when a number grows,
 * and without what is another in each execution or on another machine: ids, digests, durations, numbers of entries, attempts and canaries.
 */
export function wordsOf(lines) {
  const text = lines
    .map((line) => line.replaceAll(/\b(?:\d+ ?m(?:in)? ?)?\d+(?:\.\d+)? ?m?s\b/g, '<time>').replaceAll(/\b(entry|size=|attempt=|attempt) ?\d+/g, '$1<n>'))
    .join('')
    .replaceAll(/\s+/g, '')
    .replaceAll(/\d+of\d+canaries/g, '<n>canaries')
    .replaceAll(/(entry|size=|attempt=)\d+/g, '$1<n>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{6}/g, '<id>')
    .replaceAll(/[0-9a-f]{64}/g, '<digest>')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>');
  const from = text.indexOf('guards');
  return text.slice(from < 0 ? 0 : from);
}

/** The words of a picture that was made by `renderPicture`. */
export function linesIn(svg) {
  const entities = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  const decode = (text) => text.replaceAll(/&(?:lt|gt|amp);/g, (entity) => entities[entity]);
  return [...svg.matchAll(/<text [^>]*>([\s\S]*?)<\/text>/g)].map(([, inner]) => {
    const runs = [...inner.matchAll(/<tspan x="([\d.]+)"[^>]*>([\s\S]*?)<\/tspan>/g)].map(([, x, text]) => ({
      at: Math.round((Number(x) - margin) / cell.width),
      text: decode(text),
    }));
    return runs.reduce((line, { at, text }) => line.padEnd(at) + text, '');
  });
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `command`: what stands behind the prompt in the first row. `title`: what the picture shows, for who cannot see it. */
export function renderPicture(rows, { command, title }) {
  const all = [
    [
      { at: 0, look: 'dim', text: '$ ' },
      { at: 2, look: 'bold', text: command },
    ],
    ...rows,
  ];
  const lines = all.map((runs, y) => {
    const spans = runs.map(({ at, look, text }) => {
      const x = (margin + at * cell.width).toFixed(1);
      const length = ([...text].length * cell.width).toFixed(1);
      return `<tspan x="${x}" textLength="${length}"${look === '' ? '' : ` class="${look}"`}>${escape(text)}</tspan>`;
    });
    return spans.length === 0 ? '' : `<text y="${margin + 13 + y * cell.height}">${spans.join('')}</text>`;
  });
  const width = Math.ceil(2 * margin + columns * cell.width);
  const height = 2 * margin + all.length * cell.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escape(title)}</title>
<style>
rect { fill: #fff; stroke: #d1d9e0 }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre; fill: #1f2328 }
.bold { font-weight: 600 } .dim { fill: #59636e } .red { fill: #b31d28 } .green { fill: #116329 } .yellow { fill: #7d4e00 } .blue, .cyan { fill: #0550ae } .magenta { fill: #6639ba }
@media (prefers-color-scheme: dark) {
rect { fill: #0d1117; stroke: #3d444d }
text { fill: #e6edf3 }
.dim { fill: #9198a1 } .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 } .blue, .cyan { fill: #79c0ff } .magenta { fill: #d2a8ff }
}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lines.filter((line) => line !== '').join('\n')}
</svg>
`;
}
