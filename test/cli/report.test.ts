/** `report` and `run --report`: each format from the journal alone, what is asked wrongly is said, and no place is overwritten unasked. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validate as validateVerdict } from '../../src/compile/generated/verdict-validator.js';
import { parseReports } from '../../src/cli/report-option.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { restorePlan } from '../../src/report/report-splice.ts';
import { goldenRecords, passedEvents, sampleExecution, writeRecord } from '../report/format-record.ts';
import { command, contextOf, root, startProgram, type CommandEnd } from '../support/command.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const isRun = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/run.schema.json'), 'utf8')) as object);
const isEvent = new Ajv({ strict: false, discriminator: true }).compile(JSON.parse(readFileSync(join(root, 'schemas/event.schema.json'), 'utf8')) as object);

async function sample(events = sampleEvents()): Promise<string> {
  const cwd = temporaryFolder();
  await writeRecord(join(cwd, '.proofplan/executions', sampleExecution), events);
  symlinkSync(join('executions', sampleExecution), join(cwd, '.proofplan/latest'));
  return cwd;
}

const golden = (name: string): string => goldenRecords.find((record) => record.name === name)?.folder ?? '';

describe('report', () => {
  test('one format goes to stdout: md by itself', async () => {
    const cwd = await sample();
    const md = await command(['report', '.proofplan'], { cwd });
    expect(md).toMatchObject({ exitCode: 0, stderr: '' });
    expect(restorePlan(md.stdout)).toBe(sampleDocument);
    expect((await command(['report', '.proofplan', '--format', 'junit'], { cwd })).stdout).toContain('<testsuites>');
    expect(JSON.parse((await command(['report', '.proofplan', '--format', 'sarif'], { cwd })).stdout)).toMatchObject({ version: '2.1.0' });
    expect((await command(['report', '.proofplan', '--format', 'github'], { cwd })).stdout).toMatch(
      /^::error file=plans\/sample\.md,line=1,title=failed%3A plans\/sample\.md::/,
    );
    const events = (await command(['report', '.proofplan', '--format', 'events'], { cwd })).stdout.trim().split('\n');
    expect(events).toHaveLength(sampleEvents().length);
    for (const line of events) expect(isEvent(JSON.parse(line)) ? [] : isEvent.errors).toEqual([]);
  });

  test.each(['passed', 'failed', 'refused', 'interrupted'])(
    'json of the golden record %s is its verdict.json, whose version had other times and no workspace',
    async (name) => {
      const end = await command(['report', golden(name), '--format', 'json']);
      expect(end).toMatchObject({ exitCode: 0, stderr: '' });
      const {
        startedAt: _started,
        endedAt: _ended,
        durationMs: _duration,
        ...recorded
      } = JSON.parse(readFileSync(join(golden(name), 'verdict.json'), 'utf8')) as Record<string, unknown>;
      expect(JSON.parse(end.stdout)).toMatchObject(recorded);
    },
  );

  test('several formats go to a folder, and nothing there is overwritten unasked', async () => {
    const cwd = await sample();
    const argv = ['report', '.proofplan', '--format', 'md,html,junit,json,sarif,github,events', '--output', 'out/reports'];
    expect(await command(argv, { cwd })).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('::error ') });
    expect(readdirSync(join(cwd, 'out/reports')).toSorted()).toEqual([
      'events.ndjson',
      'junit.xml',
      'report.html',
      'report.md',
      'report.sarif',
      'summary.md',
      'verdict.json',
    ]);
    expect(await command(argv, { cwd })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[cli/file-exists]: `out/reports/junit.xml` is already there'),
    });
    expect((await command([...argv, '--force'], { cwd })).exitCode).toBe(0);
    expect(readdirSync(join(cwd, 'out/reports'))).toHaveLength(7);
  });

  test('several executions are one document', async () => {
    const junit = (await command(['report', golden('passed'), golden('failed'), '--format', 'junit'])).stdout;
    expect(junit.match(/<testsuite /g)).toHaveLength(2);
    expect(await command(['report', golden('passed'), golden('failed')])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('`md` shows one execution, and 2 are named'),
    });
    expect(await command(['report', golden('passed'), golden('empty'), '--format', 'junit'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('the summary stands behind what the step of the job has already', async () => {
    const cwd = await sample();
    writeFileSync(join(cwd, 'step.md'), '# mine\n');
    expect((await command(['report', '.proofplan', '--format', 'github'], { cwd, environment: { GITHUB_STEP_SUMMARY: join(cwd, 'step.md') } })).exitCode).toBe(
      0,
    );
    expect(readFileSync(join(cwd, 'step.md'), 'utf8')).toMatch(/^# mine\n### ✗ \*\*failed\*\* A sample/);
    writeFileSync(join(cwd, 'full.md'), 'x'.repeat(999_900));
    expect((await command(['report', '.proofplan', '--format', 'github'], { cwd, environment: { GITHUB_STEP_SUMMARY: join(cwd, 'full.md') } })).exitCode).toBe(
      0,
    );
    expect(readFileSync(join(cwd, 'full.md')).length).toBeLessThanOrEqual(1_000_000);
  });

  test.each([
    ['an unknown format', ['--format', 'junitt'], 'there is no format `junitt`', 'did you mean `junit`?'],
    ['no format', ['--format', ','], 'no format is named', 'name one of md'],
    ['two on stdout', ['--format', 'md,junit'], 'several formats cannot share standard output', 'pass --output'],
    ['a folder that is none', ['--format', 'md,junit', '--output', 'file'], '`file` is no folder', 'name a folder'],
    ['a place in the record', ['--format', 'junit', '--output', '.proofplan/latest/junit.xml'], 'lies in the folder of an execution', 'outside of it'],
    ['the record itself', ['--format', 'junit', '--output', '.proofplan/latest'], 'lies in the folder of an execution', 'outside of it'],
    ['evidence', ['--format', 'junit', '--output', '.proofplan/latest/evidence/junit.xml'], 'lies in the folder of an execution', 'outside of it'],
    ['below a file', ['--format', 'junit', '--output', 'file/junit.xml'], '`file/junit.xml` was not written', 'can be written'],
    ['a folder of the system', ['--format', 'junit', '--output', '/proc/junit.xml'], '`/proc/junit.xml` was not written', 'can be written'],
  ])('%s is said', async (_, argv, message, help) => {
    const cwd = await sample();
    writeFileSync(join(cwd, 'file'), 'x');
    const end = await command(['report', '.proofplan', ...argv], { cwd });
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr.replace(/\s+/g, ' ')).toContain(message);
    expect(end.stderr.replace(/\s+/g, ' ')).toContain(help);
    expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('x');
    expect(existsSync(join(cwd, '.proofplan/latest/junit.xml'))).toBe(false);
  });

  test.each([
    ['a folder that is no execution', ['.'], 'error[cli/not-an-execution]'],
    ['an empty journal', [golden('empty')], 'error[report/no-opening]: the journal holds no entry'],
    ['a journal of a later version', [golden('later-version')], 'error[journal/later-version]'],
  ])('%s: a message, and no report', async (_, argv, message) => {
    for (const format of ['md', 'junit', 'json', 'sarif', 'github', 'events']) {
      expect(await command(['report', ...argv, '--format', format])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
    }
  });

  test('a journal cut anywhere: what is there is shown, it is said, and nothing of it is a pass', async () => {
    const cwd = await sample(passedEvents());
    const whole = readFileSync(join(cwd, '.proofplan/latest/journal.jsonl'));
    const ends = [...whole.entries()].flatMap(([offset, byte]) => (byte === 0x0a ? [offset + 1] : []));
    const cuts = [ends[0] ?? 0, (ends[0] ?? 0) + 40, ends.at(-4) ?? 0, ends.at(-3) ?? 0, ends.at(-2) ?? 0, whole.length - 1];
    for (const length of cuts) {
      const folder = join(cwd, `cut-${length}`);
      cpSync(join(cwd, '.proofplan/executions', sampleExecution), folder, { recursive: true });
      truncateSync(join(folder, 'journal.jsonl'), length);
      const [junit, json, sarif, github] = await Promise.all(
        ['junit', 'json', 'sarif', 'github'].map((format) => command(['report', folder, '--format', format], { cwd })),
      );
      for (const end of [junit, json, sarif, github]) expect(end?.stderr).toMatch(/warning\[(journal\/unreadable|report\/no-end)\]/);
      expect(junit?.stdout).toMatch(/name="verdict"[^>]*>\s*<error /);
      const verdict: unknown = JSON.parse(json?.stdout ?? '');
      expect(validateVerdict(verdict) ? [] : validateVerdict.errors).toEqual([]);
      expect(verdict).toMatchObject({ verdict: 'error', exitCode: 5 });
      expect(JSON.parse(sarif?.stdout ?? '')).toMatchObject({
        runs: [{ invocations: [{ executionSuccessful: false, exitCode: 5 }], results: [{ ruleId: 'verdict/error' }] }],
      });
      expect(github?.stdout).toMatch(/^::error [^\n]*title=error/);
    }
  });

  test('a record that says passed, and in which something did not pass, is a pass in no format', async () => {
    const cwd = temporaryFolder();
    const contradicted = passedEvents().map(
      (event): ExecutionEvent => (event.kind === 'expectation' ? { ...event, data: { ...event.data, verdict: 'failed' } } : event),
    );
    await writeRecord(join(cwd, 'x'), contradicted);
    const [md, html, json] = await Promise.all(['md', 'html', 'json'].map((format) => command(['report', 'x', '--format', format], { cwd })));
    expect(md?.stdout.split('\n')[1]).toMatch(/^> ! \*\*error\*\* the record says passed, which counts for nothing: expectation \S+ is failed/);
    expect(html?.stdout).toMatch(/<div class="banner v-error">.*the record says passed, which counts for nothing/);
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ verdict: 'error', exitCode: 5 });
  });

  test('entries of a kind that is not known are counted, and the rest is shown', async () => {
    const events = [...passedEvents()];
    events.splice(3, 0, { kind: 'weather', data: { sunny: true } } as never, { kind: 'weather', data: {} } as never);
    const cwd = await sample(events);
    for (const format of ['junit', 'json', 'events', 'md']) {
      const end = await command(['report', '.proofplan', '--format', format], { cwd });
      expect(end).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning[journal/unknown-kind]: 2 entries are of a kind') });
      expect(end.stdout).not.toContain('weather');
    }
  });

  test('an entry that has not the form of its kind is no crash', async () => {
    const events = sampleEvents().map((event) => (event.kind === 'expectation' ? { ...event, data: { id: 7 } as never } : event));
    const cwd = await sample(events);
    for (const format of ['junit', 'json', 'sarif', 'github', 'md'])
      expect((await command(['report', '.proofplan', '--format', format], { cwd })).stderr).not.toContain('cli/internal');
    expect(await command(['report', '.proofplan', '--format', 'junit'], { cwd })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[report/not-rendered]'),
    });
  });
});

describe('run --report', () => {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-report-')));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const plan = (expected: string): string =>
    `# A plan\n\n**Policy:** Stop on failure.\n\n## 1. Do\n\n\`\`\`bash\necho done\n\`\`\`\n\n**Expected:** the output contains \`${expected}\`.\n`;
  let end: CommandEnd;

  beforeAll(async () => {
    writeFileSync(join(cwd, 'good.md'), plan('done'));
    writeFileSync(join(cwd, 'bad.md'), plan('never'));
    writeFileSync(join(cwd, 'broken.md'), plan('done').replace('the output contains', 'it should feel like hunter2 and'));
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'junit.xml'), 'the pass of yesterday');
    const reports = ['junit=out/junit.xml', 'sarif=out/report.sarif', 'events=out/events.ndjson', 'github=out/summary.md'].flatMap((report) => [
      '--report',
      report,
    ]);
    // Several plans run in processes of their own, which is the built program.
    end = await startProgram(['run', 'bad.md', 'good.md', '--quiet', ...reports], { cwd }).ended;
  });

  test('the verdict and the exit code are those of the execution, and all plans are in each report', () => {
    expect(end.exitCode, end.stderr).toBe(1);
    const junit = readFileSync(join(cwd, 'out/junit.xml'), 'utf8');
    expect([...junit.matchAll(/<testsuite name="(.*?)".*?failures="(\d+)" errors="(\d+)"/g)].map((found) => found.slice(1))).toEqual([
      ['bad.md', '3', '0'],
      ['good.md', '0', '0'],
    ]);
    expect(JSON.parse(readFileSync(join(cwd, 'out/report.sarif'), 'utf8'))).toMatchObject({
      runs: [{ invocations: [{ properties: { verdict: 'failed' } }, { properties: { verdict: 'passed' } }] }],
    });
    expect(readFileSync(join(cwd, 'out/summary.md'), 'utf8')).toContain('1 of 2 plans');
    expect(end.stdout).toMatch(/^::error file=bad\.md/m);
  });

  test('events and verdict.json of a live execution are as their schemas say', () => {
    const lines = readFileSync(join(cwd, 'out/events.ndjson'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect({ line, errors: isEvent(JSON.parse(line)) ? [] : isEvent.errors }).toEqual({ line, errors: [] });
    const executions = readdirSync(join(cwd, '.proofplan/executions'));
    for (const execution of executions)
      expect(
        validateVerdict(JSON.parse(readFileSync(join(cwd, '.proofplan/executions', execution, 'verdict.json'), 'utf8'))) ? [] : validateVerdict.errors,
      ).toEqual([]);
  });

  test('json of each is its verdict.json, byte for byte', async () => {
    for (const execution of readdirSync(join(cwd, '.proofplan/executions'))) {
      const folder = join('.proofplan/executions', execution);
      expect((await command(['report', folder, '--format', 'json'], { cwd })).stdout).toBe(readFileSync(join(cwd, folder, 'verdict.json'), 'utf8'));
    }
  });

  test('a plan that does not compile is red in the report, and no older pass stands there', async () => {
    const asked = ['junit=junit.xml', 'sarif=report.sarif', 'github=page.txt'].flatMap((each) => ['--report', each]);
    const broken = await command(['run', 'good.md', 'broken.md', '--quiet', ...asked, '--set-secret', 'token=hunter2'], { cwd });
    expect(broken.exitCode).toBe(2);
    const junit = readFileSync(join(cwd, 'junit.xml'), 'utf8');
    const sarif = readFileSync(join(cwd, 'report.sarif'), 'utf8');
    const page = readFileSync(join(cwd, 'page.txt'), 'utf8');
    // What keeps it from running stands at its line, as `check` says it.
    const { line } = JSON.parse((await command(['check', 'broken.md', '--json'], { cwd })).stdout).diagnostics[0] as { readonly line: number };
    expect(broken.stdout).toMatch(
      new RegExp(`^::error file=broken\\.md,line=${line},col=\\d+,endColumn=\\d+,title=error\\[compile/[a-z-]+\\] broken\\.md::`, 'm'),
    );
    for (const text of [broken.stdout, broken.stderr, junit, sarif, page]) expect(text).not.toContain('hunter2');
    expect(junit).toMatch(new RegExp(`^error\\[compile/[a-z-]+\\] broken\\.md:${line}:\\d+: `, 'm'));
    expect(page).toContain(`| broken.md:${line} |`);
    const { results } = (JSON.parse(sarif) as { readonly runs: readonly [{ readonly results: readonly { readonly ruleId: string }[] }] }).runs[0];
    expect(results.find(({ ruleId }) => ruleId.startsWith('compile/'))).toMatchObject({
      locations: [{ physicalLocation: { region: { startLine: line } } }],
    });
    expect([...junit.matchAll(/<testsuite name="(.*?)".*?errors="(\d+)"/g)].map((found) => found.slice(1))).toEqual([
      ['good.md', '1'],
      ['broken.md', '1'],
    ]);
  });

  test('what cannot be written is said, and the verdict stands', async () => {
    const argv = ['run', 'good.md', '--quiet', '--report', 'junit=/proc/nothing/junit.xml', '--report', 'github', '--json'];
    const run = await command(argv, { cwd });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stderr).toContain('warning[report/not-rendered]: `/proc/nothing/junit.xml` was not written');
    expect(run.stderr).toContain('the verdict stands');
    expect(run.stderr).toContain('::notice file=good.md');
    const unread = await command(['run', 'broken.md', '--json'], { cwd });
    for (const line of [run.stdout, unread.stdout]) expect(isRun(JSON.parse(line)) ? [] : isRun.errors).toEqual([]);
    expect(JSON.parse(run.stdout)).toMatchObject({ verdict: 'passed' });
    expect(isRun({ ...(JSON.parse(run.stdout) as object), folder: undefined })).toBe(false);
  });

  test('a file of values is no second plan', async () => {
    const read = { plans: ['good.md'], others: ['values.yaml'] };
    expect((await parseReports(['html=report.html'], read, contextOf([], { cwd }))).value).toEqual([{ format: 'html', path: 'report.html' }]);
    expect((await parseReports(['html=values.yaml'], read, contextOf([], { cwd }))).value).toBeUndefined();
  });

  test.each([
    ['junitt=a.xml', 'there is no format `junitt`'],
    ['junit', 'does not say where to'],
    ['junit,sarif=a', 'names several formats for one file'],
    ['junit=folder', '`folder` is a folder'],
    ['junit=good.md', 'would overwrite a plan of this command'],
    ['md=a.md', '`md` shows one execution'],
  ])('--report %s is refused before anything runs', async (report, message) => {
    const refused = await command(['run', 'good.md', 'bad.md', '--report', report], { cwd });
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(readFileSync(join(cwd, 'good.md'), 'utf8')).toBe(plan('done'));
  });
});
