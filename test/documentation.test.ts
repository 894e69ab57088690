/**
 * No block, link or name in the documentation stands there unseen: each fenced block is executed, is a file that a command uses, is
 * valid as what it says it is, or is in the list below with a reason. Commands are executed by readme.test.ts and guide.test.ts.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import * as addendum from '../src/compile/generated/addendum-validator.js';
import * as config from '../src/compile/generated/config-validator.js';
import * as plan from '../src/compile/generated/plan-validator.js';
import { diagnosticCodes } from '../src/model/diagnostic-code.ts';
import { command, root } from './support/command.ts';
import { commandsOf, pagePaths, readPage, takeApart, type Block, type Page } from './support/page.ts';
import { readUsage, type Usage } from './support/usage.ts';

const pages = pagePaths().map(readPage);

/** Blocks of no kind that could be tried, by page and first line. */
const reasons: Readonly<Record<string, string>> = {
  'ARCHITECTURE.md: text ──parse──▶ TextDocument ──compile──▶ Plan ──execute──▶ events ──▶ journal': 'a drawing',
  'README.md: npm ci && npm start': 'the first two lines, which readme.test.ts compares; the second runs this test',
};

const validators = { addendum: addendum.validate, config: config.validate, plan: plan.validate } as const;
/** Made from the program and its schemas by `npm run build:reference`; a test of its own compares them, and others hold their examples. */
const generated = (path: string): boolean => path.startsWith('docs/reference/');
/** What a CI system reads: test/ci/example.test.ts holds each to its schema, and executes its lines. */
const ciFile = /^(?:\.github\/workflows\/[\w-]+\.yml|\.gitlab-ci[\w-]*\.yml|Jenkinsfile|azure-pipelines\.yml|\.pre-commit-config\.yaml)$/;
const executed = (path: string): boolean => path === 'README.md' || (path.startsWith('docs/') && !generated(path));

describe.each(pages)('$path', (page) => {
  test('each of its blocks is looked at', async () => {
    const usage = await readUsage();
    const found = await Promise.all(page.blocks.map((block) => findFault(block, page, usage)));
    expect(found.filter((each) => each !== undefined)).toEqual([]);
  });

  test('its links lead somewhere', () => {
    expect(page.links.flatMap(({ target, lineNumber }) => brokenLink(target, page).map((said) => `${page.path}:${lineNumber} ${said}`))).toEqual([]);
  });

  test('the commands, options and codes that it names exist', async () => {
    const usage = await readUsage();
    const faults = page.codes.flatMap(({ text, lineNumber }) => nameFaults(text, usage).map((said) => `${page.path}:${lineNumber} ${said}`));
    expect(faults).toEqual([]);
  });
});

test('every page that another one leads to is in the package, too', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly files: readonly string[] };
  const patterns = files.map((each) => new RegExp(`^${each.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(?:/|$)`));
  const packed = (path: string): boolean => patterns.some((pattern) => pattern.test(path));
  const missing = pages.flatMap((page) =>
    page.links
      .filter(({ target }) => !/^(?:https?|mailto):|^#/.test(target) && !page.blocks.some(({ file }) => file === target))
      .map(({ target }) => posix.join(posix.dirname(page.path), decodeURIComponent(target.split('#')[0] ?? '')))
      .filter((path) => !packed(path.replace(/\/$/, '')))
      .map((path) => `${page.path} leads to ${path}`),
  );
  expect(missing).toEqual([]);
});

test('every file that ARCHITECTURE.md names is there', () => {
  const folders = ['src', 'test', 'tools', 'fixtures'];
  const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`));
  const named = readPage('ARCHITECTURE.md').codes.filter(
    ({ text }) => /^[\w*./-]+\.(?:ts|mjs|py)$/.test(text) || /^(?:src|test|tools|fixtures)\/[\w*./-]+$/.test(text),
  );
  const isThere = (name: string): boolean => {
    const pattern = new RegExp(`(?:^|/)${name.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '[\\w.-]+')}$`);
    return files.some((path) => pattern.test(path));
  };
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ text }) => !isThere(text))).toEqual([]);
});

/** Undefined where the block is looked at; else what is wrong with it. */
async function findFault(block: Block, page: Page, usage: Usage): Promise<string | undefined> {
  const place = `${page.path}:${block.lineNumber}`;
  const said = await judgeBlock(block, page, usage);
  return said === undefined ? undefined : `${place} ${said}`;
}

async function judgeBlock(block: Block, page: Page, usage: Usage): Promise<string | undefined> {
  const { language, meta, text, file } = block;
  if (generated(page.path)) return undefined;
  if (language === 'console') return executed(page.path) ? undefined : 'is executed by no test: only commands of README.md and docs/ are';
  if (file !== undefined && page.path === 'docs/ci.md' && ciFile.test(file)) return undefined;
  if (file !== undefined) return isUsed(file, page) ? undefined : `is the file \`${file}\`, which no command of the page uses`;
  if (reasons[`${page.path}: ${text.split('\n')[0] ?? ''}`] !== undefined) return undefined;
  if (language === 'sh') return formFaults(text, usage);
  if (language === 'json') return parses(() => JSON.parse(text));
  if (language === 'yaml') return yamlFault(text, meta);
  if (language === 'markdown') return markdownFault(text, meta);
  return `is of the language \`${language}\`, which nothing tries: show it as a command's output, as a file, or list it with a reason`;
}

/** Files that programs find by their names. */
const foundByName = /(?:^|\/)(?:proofplan\.config\.yaml|\.gitignore)$/;
/** Pages whose files another test holds: each of them, by its name, or it fails. */
const heldElsewhere: ReadonlySet<string> = new Set(['docs/ci.md']);

/** Used: named by a command or by another file of the page, or found by its name. */
function isUsed(file: string, page: Page): boolean {
  if (foundByName.test(file) || heldElsewhere.has(page.path)) return true;
  const plan = file.replace(/\.addendum\.yaml$/, '.md');
  const name = plan.split('/').at(-1) ?? plan;
  const others = page.blocks.filter((block) => block.file !== undefined && block.file !== file).map(({ text }) => text);
  return [...commandsOf(page).map(({ line }) => line), ...others].some((text) => text.includes(name));
}

/** A block of `sh` shows how a command is written; each line of it must be one that there is. */
function formFaults(text: string, usage: Usage): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const faults = lines.flatMap((line) =>
    /\bproofplan\b/.test(line) ? nameFaults(line.replace(/^.*?\bproofplan( --)? /, 'proofplan '), usage) : [`\`${line}\` is no command of ours`],
  );
  return faults[0];
}

function parses(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return `cannot be read: ${String(error)}`;
  }
}

/** A part of an addendum, of a configuration or of a plan: what its first word behind the fence says, or the keys that it has. */
function yamlFault(text: string, meta: string): string | undefined {
  const value: unknown = parse(text, { intAsBigInt: false });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no mapping';
  const kind = meta === '' ? ('environments' in value ? 'config' : 'addendum') : meta;
  if (!(kind in validators)) return `is of the kind \`${kind}\`, for which there is no schema here`;
  const validate = validators[kind as keyof typeof validators];
  const whole = kind === 'addendum' && !('plan' in value) ? { plan: 'plan.md', ...value } : value;
  if (validate(whole)) return undefined;
  const { instancePath, message } = validate.errors?.[0] ?? {};
  return `is no ${kind}: ${instancePath ?? ''} ${message ?? ''}`;
}

/** A plan that compiles, or (behind the fence) does not with a code: ```` ```markdown compile/no-step ````. */
async function markdownFault(text: string, meta: string): Promise<string | undefined> {
  const { exitCode, stderr } = await command(['check', '-'], { stdin: text });
  if (meta === '') return exitCode === 0 && !stderr.includes('warning[') ? undefined : `does not compile without a message:\n${stderr}`;
  return stderr.includes(`[${meta}]`) ? undefined : `does not give ${meta}:\n${stderr}`;
}

function brokenLink(target: string, page: Page): readonly string[] {
  // A plan that the page holds as a file is linked as it would be from another plan.
  if (/^(?:https?|mailto):/.test(target) || page.blocks.some(({ file }) => file === target)) return [];
  const [path = '', anchor] = target.split('#');
  const full = path === '' ? join(root, page.path) : join(root, dirname(page.path), decodeURIComponent(path));
  if (!existsSync(full)) return [`leads to \`${target}\`, which is not there`];
  if (relative(root, full).startsWith('..')) return [`leads out of the repository: \`${target}\``];
  if (anchor === undefined || statSync(full).isDirectory()) return [];
  const other = readPage(relative(root, full));
  return other.anchors.has(anchor) ? [] : [`leads to \`#${anchor}\`, and \`${other.path}\` has no such heading`];
}

/** Of a command line in the text: its command, its options. Of anything that looks like a code: is there one? */
function nameFaults(text: string, usage: Usage): readonly string[] {
  const codes =
    /^(?:cli|compile|engine|environment|execute|guard|journal|parse|policy|report|review)\/[a-z0-9-]+$/.test(text) && !(text in diagnosticCodes)
      ? [`names the code \`${text}\`, which there is not`]
      : [];
  if (/^--[a-z][a-z-]*(?![\w.])/.test(text)) {
    const option = /^--[a-z-]+/.exec(text)?.[0] ?? '';
    return usage.all.has(option) || otherOptions.has(option) ? codes : [`names the option \`${option}\`, which no command has`];
  }
  // What follows `--` is another program's, and what follows a sign of the shell is another command.
  const [line = ''] = text.split(/ -- | [|;&] | \$\(/);
  const words = line.split(/\s+/);
  if (words[0] !== 'proofplan' || words.length < 2) return codes;
  const name = [words.slice(1, 3).join(' '), words[1] ?? ''].find((each) => usage.commands.has(each));
  if (name === undefined) return /^[a-z]/.test(words[1] ?? '') ? [`names the command \`${words[1]}\`, which there is not`] : [];
  const options = usage.commands.get(name);
  return words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/[=,.].*$/, ''))
    .filter((word) => options?.has(word) !== true)
    .map((word) => `names \`proofplan ${name} ${word}\`, which there is not`);
}

/** Of other programs. */
const otherOptions: ReadonlySet<string> = new Set(['--cap-add', '--id', '--quick', '--security-opt', '--frozen-lockfile']);

describe('what the test notices', () => {
  const faultsOf = async (text: string): Promise<readonly unknown[]> => {
    const page = takeApart('docs/page.md', text);
    const usage = await readUsage();
    const blocks = await Promise.all(page.blocks.map((block) => judgeBlock(block, page, usage)));
    return [
      ...blocks,
      ...page.links.flatMap(({ target }) => brokenLink(target, page)),
      ...page.codes.flatMap(({ text: code }) => nameFaults(code, usage)),
    ].filter((each) => each !== undefined);
  };
  test.each([
    ['a block of a language that nothing tries', '```rust\nfn main() {}\n```\n', 'is of the language `rust`'],
    ['a block without a language', '- in a list:\n\n  ```\n  what it prints\n  ```\n', 'is of the language ``'],
    ['a block in a quote', '> ~~~ini\n> a = 1\n> ~~~\n', 'is of the language `ini`'],
    ['an indented block', 'Text:\n\n    proofplan run plan.md\n', 'is of the language ``'],
    ['a command that there is not', '```sh\nproofplan rum plan.md\n```\n', 'names the command `rum`'],
    ['an option that there is not', '```sh\nproofplan run --fast plan.md\n```\n', 'names `proofplan run --fast`'],
    ['an option in the text', 'Pass `--faster`.\n', 'names the option `--faster`'],
    ['a command in the text', 'Say `proofplan audit verify --strict DIR`.\n', 'names `proofplan audit verify --strict`'],
    ['a code that there is not', 'It says `compile/no-such-thing`.\n', 'names the code `compile/no-such-thing`'],
    ['an addendum with a wrong key', '```yaml\nsteps:\n  - { at: x, timeout: 3 }\n```\n', 'is no addendum'],
    ['a configuration with a wrong value', '```yaml\nenvironments: { a: { workspace: ., database: mysql } }\n```\n', 'is no config'],
    ['JSON that is none', '```json\n{ a: 1 }\n```\n', 'cannot be read'],
    ['a plan that does not compile', '```markdown\n# A plan\n\nNothing.\n```\n', 'does not compile without a message'],
    [
      'a plan that compiles where it should not',
      '```markdown compile/no-step\n# A plan\n\n## 1. Look\n\n~~~bash\nls\n~~~\n\n**Expected:** the output contains `x`\n```\n',
      'does not give compile/no-step',
    ],
    ['a file that nothing uses', '`a.sh`:\n\n```sh\nls\n```\n', 'is the file `a.sh`'],
    ['a link to a file that is not there', '[x](nowhere.md)\n', 'leads to `nowhere.md`'],
    ['a link by reference', '[x][y]\n\n[y]: nowhere.md\n', 'leads to `nowhere.md`'],
    ['a link to a heading that is not there', '[x](audit.md#no-such-heading)\n', 'leads to `#no-such-heading`'],
    ['a picture that is not there', '<picture><img alt="x" src="picture/none.svg"></picture>\n', 'leads to `picture/none.svg`'],
  ])('%s', async (_name, text, said) => {
    expect((await faultsOf(text)).join('\n')).toContain(said);
  });
});
