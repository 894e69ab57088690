// What action.yml runs: `proofplan run` with the action's inputs, then outputs, annotations and the summary of the job. Inputs are
// environment variables and go to the program as arguments, through no shell. The exit code is the command's, and never better.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const verdictByCode = { 0: 'passed', 1: 'failed', 2: 'not-executed', 3: 'refused', 4: 'unproven', 5: 'error' };
/** GitHub drops more of a step. */
const mostAnnotations = 10;
/** GitHub drops the whole page of a step that is over 1 MiB. */
const mostPageBytes = 1_040_000;
const usage = 2;
const error = 5;

/** What whoever wrote the workflow can mend. */
class Misuse extends Error {}

const input = (name) => (process.env[`PROOFPLAN_${name}`] ?? '').trim();
const lines = (name) =>
  input(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
/** What the program and the steps are not to see: the inputs, and with them the key. */
const inputNames = ['PLANS', 'VERSION', 'ENVIRONMENT', 'LOCKED', 'OUT', 'REPORTS', 'ARGUMENTS', 'SIGNING_KEY', 'ANNOTATIONS', 'SUMMARY'];
const environment = { ...process.env };
for (const name of inputNames) delete environment[`PROOFPLAN_${name}`];

/** One line that GitHub does not take for a command, whatever is in it. */
const plain = (text) =>
  text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    // The runner's comparison of texts passes over these.
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :');

/** Whole: a child that shares the pipe may have made it one that does not wait. */
function write(descriptor, text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (problem) {
      // Nobody reads any more: what the plans came to stands nevertheless.
      if (problem.code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
const tell = (text) => write(2, `${plain(text)}\n`);

/** A message of a workflow command (github.com/actions/toolkit, command.ts); of a property also `:` and `,`. */
const escapeData = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function refuse(message) {
  write(1, `::error title=proofplan::${escapeData(message)}\n`);
  return usage;
}

function isTrue(name) {
  const text = input(name).toLowerCase();
  if (!['', 'true', 'false'].includes(text)) throw new Misuse(`the input \`${name.toLowerCase().replaceAll('_', '-')}\` is true or false, not \`${text}\``);
  return text !== 'false';
}

/** The program: of a version from the registry, else the project's own, else the one on the PATH. */
function findProgram() {
  const version = input('VERSION');
  if (version !== '') return installProgram(version);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const own = join(folder, 'node_modules', '.bin', 'proofplan');
    if (existsSync(own)) return own;
    if (dirname(folder) === folder) break;
  }
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, 'proofplan'))
    .find(existsSync);
  if (found === undefined) throw new Misuse('proofplan is not installed here: run `npm ci` before, or give the input `version`');
  return found;
}

/** Exactly one version: a range would execute what nobody has looked at. */
function installProgram(version) {
  if (!/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(version)) throw new Misuse(`the input \`version\` is one version, such as 0.1.0, not \`${version}\``);
  const folder = mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'proofplan-'));
  const argv = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', `proofplan@${version}`];
  const { status } = spawnSync('npm', argv, { stdio: ['ignore', 2, 2], env: environment });
  if (status !== 0) throw new Misuse(`proofplan ${version} could not be installed`);
  return join(folder, 'node_modules', '.bin', 'proofplan');
}

/** The key is in no file that has a name while the program runs: it is opened, and its name is taken away. */
function openKey() {
  const text = process.env['PROOFPLAN_SIGNING_KEY'] ?? '';
  if (text.trim() === '') return undefined;
  const folder = mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'proofplan-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, `${text.trim()}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
    return openSync(file, 'r');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Answers with the exit code and the lines of JSON. */
function runProgram(program, argv, key) {
  const keyed = key === undefined ? environment : { ...environment, PROOFPLAN_KEY: '/dev/fd/3' };
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit', ...(key === undefined ? [] : [key])], env: keyed });
  // GitHub cancels with SIGINT, then SIGTERM: the execution is closed in order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolved) => {
    child.once('error', (problem) => resolved({ exitCode: error, ends: [], problem: problem.message }));
    child.once('close', (code) => resolved({ exitCode: code ?? error, ends: readEnds(Buffer.concat(chunks).toString('utf8')) }));
  });
}

function readEnds(text) {
  return text.split('\n').flatMap((line) => {
    try {
      const end = JSON.parse(line);
      return typeof end === 'object' && end !== null ? [end] : [];
    } catch {
      return [];
    }
  });
}

const auditLine = ({ execution, attempt, journal }) => `AUDIT root=${journal.root} size=${journal.entries} execution=${execution} attempt=${attempt}`;

/** With a delimiter that no value can hold. */
function setOutputs(outputs) {
  const file = process.env['GITHUB_OUTPUT'];
  if (file === undefined || file === '') return;
  const mark = `end-${randomBytes(16).toString('hex')}`;
  appendFileSync(
    file,
    Object.entries(outputs)
      .map(([name, value]) => `${name}<<${mark}\n${value}\n${mark}\n`)
      .join(''),
  );
}

const foldersOf = (ends) => ends.flatMap(({ folder }) => (typeof folder === 'string' ? [folder] : []));

/** Annotations and the summary of what was executed, from its record. False where the program cannot render them. */
function report(program, ends, { annotations, summary }) {
  const folders = foldersOf(ends);
  if (folders.length === 0) return false;
  const { GITHUB_STEP_SUMMARY: page, ...others } = environment;
  const env = summary && page !== undefined ? environment : others;
  const rendered = spawnSync(program, ['report', '--format', 'github', '--', ...folders], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (rendered.status === 0 && annotations) write(1, rendered.stdout);
  return rendered.status === 0;
}

/** As GitHub names files: from the root of the repository, wherever the command was started. */
const fileOf = (path) => {
  const own = relative(process.env['GITHUB_WORKSPACE'] || process.cwd(), resolve(path));
  return own === '' || own.startsWith('..') ? path : own;
};

/** What kept plans from being executed, at its lines. */
function annotateUnread(ends) {
  const told = ends
    .filter(({ folder }) => folder === undefined)
    .flatMap(({ diagnostics = [] }) => diagnostics.filter(({ severity }) => severity !== 'warning'));
  for (const { severity, code, message, path, line, column } of told.slice(0, mostAnnotations)) {
    const place = path === undefined ? '' : `file=${escapeProperty(fileOf(path))},line=${line},col=${column},`;
    write(1, `::error ${place}title=${escapeProperty(`${severity}[${code}]`)}::${escapeData(message)}\n`);
  }
}

const cell = (text) =>
  plain(String(text))
    .slice(0, 300)
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~&@:]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** Where the record has no summary of its own to give. */
function overview(ends, exitCode) {
  const rows = ends.map((end) => `| ${cell(end.plan?.path ?? '')} | **${cell(end.verdict ?? 'not executed')}** | ${cell(end.reason ?? '')} |`);
  return { before: ['', `## proofplan: ${verdictByCode[exitCode] ?? 'interrupted'}`, '', '| plan | verdict | why |', '|---|---|---|'], rows, after: [''] };
}

const keptLines = (audits) => ({
  before: ['', 'With these lines, kept elsewhere, anybody can see that a record is the one that was made here:', '', '```text'],
  rows: audits.map(plain),
  after: ['```', ''],
});

/** Behind what the page has already, whole lines, as many as there is room for; the others are counted. */
function appendPage(page, { before, rows, after }) {
  if (rows.length === 0) return;
  const bytes = (lines) => Buffer.byteLength(lines.join('\n')) + 1;
  let room = mostPageBytes - (existsSync(page) ? statSync(page).size : 0) - bytes(before) - bytes(after) - 100;
  const told = rows.filter((row) => (room -= bytes([row])) >= 0);
  const left = rows.length - told.length;
  if (told.length > 0)
    appendFileSync(page, [...before, ...told, ...after, ...(left === 0 ? [] : [`*and ${left} more, for which there is no room here*`]), ''].join('\n'));
}

async function main() {
  if (process.platform === 'win32') throw new Misuse('proofplan runs on Linux and macOS: give the job `runs-on: ubuntu-24.04`');
  const plans = lines('PLANS');
  if (plans.length === 0) throw new Misuse('the input `plans` names no plan');
  const [annotations, summary, locked] = [isTrue('ANNOTATIONS'), isTrue('SUMMARY'), isTrue('LOCKED')];
  const out = input('OUT') || '.proofplan';
  const program = findProgram();
  const key = openKey();
  const argv = [
    ...['run', '--json', '--out', out],
    ...(locked ? ['--locked'] : []),
    ...(input('ENVIRONMENT') === '' ? [] : ['--environment', input('ENVIRONMENT')]),
    ...lines('REPORTS').flatMap((report) => ['--report', report]),
    ...lines('ARGUMENTS'),
    '--',
    ...plans,
  ];
  // What is told while plans are executed is not looked through for commands: titles and outputs of steps are in it. All on one stream,
  // whose order is certain.
  const mark = randomBytes(16).toString('hex');
  write(2, `::stop-commands::${mark}\n`);
  const { exitCode, ends, problem } = await runProgram(program, argv, key);
  write(2, `\n::${mark}::\n`);
  if (key !== undefined) closeSync(key);
  if (problem !== undefined) tell(`proofplan could not be started: ${problem}`);
  for (const end of ends) tell(`${end.verdict ?? 'not executed'}: ${end.plan?.path ?? ''}: ${end.reason ?? ''}`);
  // Nothing is green that did not say so itself.
  const told = exitCode === 0 && (ends.length === 0 || ends.some((end) => end.verdict !== 'passed' || end.exitCode !== 0)) ? error : exitCode;
  if (told !== exitCode) tell('proofplan ended with 0 and told of no pass: this is an error');
  const audits = ends.filter((end) => end.journal !== undefined).map(auditLine);
  setOutputs({
    verdict: verdictByCode[told] ?? 'interrupted',
    'exit-code': told,
    audit: audits.join('\n'),
    record: resolve(out),
    executions: foldersOf(ends)
      .map((folder) => resolve(folder))
      .join('\n'),
  });
  const reported = (annotations || summary) && report(program, ends, { annotations, summary });
  if (annotations) annotateUnread(ends);
  const page = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  const unread = ends.some(({ folder }) => folder === undefined);
  if (summary && page !== '') {
    if (!reported || unread) appendPage(page, overview(ends, told));
    appendPage(page, keptLines(audits));
  }
  return told;
}

try {
  process.exitCode = await main();
} catch (problem) {
  process.exitCode = problem instanceof Misuse ? refuse(problem.message) : error;
  setOutputs({ verdict: verdictByCode[process.exitCode], 'exit-code': process.exitCode });
  if (!(problem instanceof Misuse)) tell(`proofplan: ${problem instanceof Error ? problem.message : String(problem)}`);
}
