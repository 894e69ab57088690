import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { shellEngine } from '../../src/engine/shell-engine.ts';
import type { StepEvidence } from '../../src/model/evidence.ts';
import type { ShellStep, Splice } from '../../src/model/step.ts';
import { capture, type ContextOptions, makeContext, makeFolder, processesWith, readEvidence, shellStep, uniqueSeconds } from './fixture.ts';

async function run(command: string, more: Partial<ShellStep> = {}, options: ContextOptions = {}) {
  const context = makeContext(options);
  const evidence = await shellEngine.run(shellStep(command, more), context);
  const text = (stream: 'stdout' | 'stderr'): string => {
    const output = evidence.outputs?.find((candidate) => candidate.stream === stream);
    return output === undefined ? '' : readEvidence(context, output.sha256).toString();
  };
  return { evidence, context, stdout: text('stdout'), stderr: text('stderr') };
}

const values = (evidence: StepEvidence): readonly string[] => evidence.observations.map(({ name, value }) => `${name}=${value.text}`);

function splice(name: string, format: Splice['format'] = 'plain', carrier = `PP_${name}`): Splice {
  return { name, offset: 0, length: 0, replacement: '', format, carrier };
}

describe('the shell', () => {
  test('runs the text byte for byte, and both outputs are evidence', async () => {
    const { evidence, stdout, stderr } = await run('cat <<\'EOF\'\n  <a> "$b" \\n é\nEOF\necho oops >&2\n');
    expect(evidence).toMatchObject({ outcome: 'completed', exitCode: 0, observations: [] });
    expect(evidence.problem).toBeUndefined();
    expect([stdout, stderr]).toEqual(['  <a> "$b" \\n é\n', 'oops\n']);
  });

  test('is recorded with its path, links resolved, and its digest', async () => {
    const { evidence } = await run('true');
    const path = realpathSync('/bin/bash');
    expect(evidence.program).toEqual({ path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') });
  });

  test.each([
    ['a command in the middle that fails', 'false; echo still here', 1],
    ['the first of a pipeline', 'false | cat', 1],
    ['an unknown program', 'no-such-program; true', 127],
    ['a syntax error', 'if', 2],
    ['a command killed by a signal', "bash -c 'kill -SEGV $$'; echo after", 139],
  ])('%s is not hidden', async (_name, command, exitCode) => {
    const { evidence, stdout } = await run(command);
    expect(evidence).toMatchObject({ outcome: 'completed', exitCode });
    expect(stdout).toBe('');
  });

  test('an exit code that reads like success to somebody else is only recorded', async () => {
    expect((await run('exit 77')).evidence).toMatchObject({ outcome: 'completed', exitCode: 77 });
  });
});

describe('the environment cannot forge a pass', () => {
  test.each([
    ['SHELLOPTS=noexec', { SHELLOPTS: 'noexec' }],
    ['BASH_ENV', { BASH_ENV: '/dev/stdin' }],
    ['an exported function', { 'BASH_FUNC_false%%': '() { true; }' }],
    ['BASHOPTS', { BASHOPTS: 'extdebug' }],
  ])('%s of the step or the runner counts for nothing', async (_name, variables) => {
    Object.assign(process.env, variables);
    const script = join(makeFolder(), 'env.sh');
    writeFileSync(script, 'exit 0');
    const given = 'BASH_ENV' in variables ? { BASH_ENV: script } : variables;
    const { evidence, stdout } = await run('echo ran; false', { environment: given });
    for (const name of Object.keys(variables)) delete process.env[name];
    expect(stdout).toBe('ran\n');
    expect(evidence.exitCode).toBe(1);
  });

  test('PATH is the one that was given, and a `bash` planted in it is not the shell', async () => {
    const planted = makeFolder();
    writeFileSync(join(planted, 'bash'), '#!/bin/sh\necho planted\n');
    chmodSync(join(planted, 'bash'), 0o755);
    process.env['PATH'] = `${planted}:${process.env['PATH']}`;
    const { stdout } = await run('echo "$PATH"', {}, { environment: { PATH: `${planted}:/usr/bin` } });
    process.env['PATH'] = process.env['PATH'].slice(planted.length + 1);
    expect(stdout).toBe(`${planted}:/usr/bin\n`);
  });

  test('nothing is inherited; the step adds to what the execution gives, and wins', async () => {
    const { stdout } = await run('env', { environment: { A: 'step', B: 'b=c' } }, { environment: { PATH: '/usr/bin', A: 'execution' } });
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => !/^(PWD|SHLVL|_|PROOFPLAN_STEP)=/.test(line));
    expect(lines.toSorted()).toEqual(['A=step', 'B=b=c', 'PATH=/usr/bin']);
  });
});

describe('holes', () => {
  test('values are data, whatever they look like', async () => {
    const hostile = `'; echo pwned; "$(id)" \`id\` \\ * ~ é\n<x>`;
    const { stdout } = await run('printf %s "$PP_goal"', { splices: [splice('goal')] }, { values: { goal: hostile } });
    expect(stdout).toBe(hostile);
  });

  test('in JSON and URLs they are escaped for the place', async () => {
    const splices = [splice('goal', 'json', 'PP_goal_json'), splice('goal', 'url', 'PP_goal_url')];
    const { stdout } = await run('echo "{\\"g\\":\\"$PP_goal_json\\"} ?g=$PP_goal_url"', { splices }, { values: { goal: 'a "b"&\n/é' } });
    expect(stdout).toBe('{"g":"a \\"b\\"&\\n/é"} ?g=a%20%22b%22%26%0A%2F%C3%A9\n');
  });

  test.each([
    ['nothing supplies it', {}, 'engine/missing-binding'],
    ['null', { goal: null }, 'engine/unusable-value'],
    ['a NUL character', { goal: 'a\0b' }, 'engine/unusable-value'],
  ])('%s: the step is not tried', async (_name, given, code) => {
    const marker = join(makeFolder(), 'marker');
    const { evidence } = await run(`touch ${marker}`, { splices: [splice('goal')] }, { values: given });
    expect(evidence).toMatchObject({ outcome: 'not run', problem: { severity: 'error', code } });
    expect(readdirSync(join(marker, '..'))).toEqual([]);
  });

  test('one carrier cannot carry two forms', async () => {
    const { evidence } = await run('true', { splices: [splice('goal'), splice('goal', 'url')] }, { values: { goal: 'a b' } });
    expect(evidence.problem).toMatchObject({ code: 'engine/unusable-value' });
  });
});

describe('the working directory', () => {
  test('counts from the workspace', async () => {
    const workspace = makeFolder();
    mkdirSync(join(workspace, 'backend'));
    expect((await run('pwd', { workingDirectory: 'backend' }, { workspace })).stdout).toBe(`${workspace}/backend\n`);
    expect((await run('pwd', { workingDirectory: '' }, { workspace })).stdout).toBe(`${workspace}\n`);
  });

  test('that does not exist, is a file, or leads out by a link, is a problem', async () => {
    const workspace = makeFolder();
    writeFileSync(join(workspace, 'file'), '');
    symlinkSync('/usr', join(workspace, 'link'));
    const codes = [];
    for (const workingDirectory of ['missing', 'file', '..', '/', 'link', `../${workspace.split('/').at(-1)}x`]) {
      codes.push((await run('true', { workingDirectory }, { workspace })).evidence.problem?.code);
    }
    expect(codes).toEqual([
      'engine/no-such-directory',
      'engine/no-such-directory',
      'engine/outside-workspace',
      'engine/outside-workspace',
      'engine/outside-workspace',
      'engine/no-such-directory',
    ]);
  });
});

describe('what was observed', () => {
  const runId = capture('run_id', 'text', { kind: 'label', label: 'Run ID' });

  test('captures come from stdout only', async () => {
    const { evidence } = await run('echo "Run ID: from-stdout"; echo "Run ID: from-stderr" >&2', { captures: [runId] });
    expect(evidence.observations).toEqual([
      { name: 'run_id', value: { type: 'text', text: 'from-stdout' }, origin: { kind: 'output', step: '2.1', stream: 'stdout', lineNumber: 1 } },
    ]);
  });

  test('a label that is printed twice with different values is there twice', async () => {
    expect(values((await run('echo "Run ID: one"; echo "Run ID: two"', { captures: [runId] })).evidence)).toEqual(['run_id=one', 'run_id=two']);
  });

  test('a value of the wrong type is a problem of the step', async () => {
    const uuid = capture('run_id', 'uuid', { kind: 'label', label: 'Run ID' });
    expect((await run('echo "Run ID: 17"', { captures: [uuid] })).evidence).toMatchObject({
      outcome: 'completed',
      exitCode: 0,
      observations: [],
      problem: { code: 'engine/wrong-type' },
    });
  });

  test('a captured secret is the value itself, marked; evidence and messages show neither', async () => {
    const secret = 'hunter2-hunter2';
    const { evidence, stdout } = await run(`echo "Run ID: ${secret}"`, { captures: [runId] }, { secrets: [secret] });
    expect(evidence.observations).toMatchObject([{ value: { text: secret }, secret: true }]);
    expect(stdout).toBe('Run ID: ***\n');
    const wrong = await run(`echo "Run ID: ${secret}"`, { captures: [{ ...runId, type: 'integer' }] }, { secrets: [secret] });
    expect(JSON.stringify(wrong.evidence)).not.toContain(secret);
  });

  test("pytest's closing lines are counted, and the exit code stands beside it", async () => {
    const { evidence } = await run('echo "99 passed in 0.01s"; echo "1 failed, 2 passed in 0.05s"; exit 1', { testRunner: 'pytest' });
    expect(evidence).toMatchObject({ exitCode: 1, tests: { passed: 101, failed: 1, skipped: 0, errors: 0 } });
    expect((await run('echo "99 passed in 0.01s"')).evidence.tests).toBeUndefined();
  });
});

describe('carried variables', () => {
  const carried = (...names: readonly string[]) => names.map((name) => capture(name.toLowerCase(), 'text', { kind: 'variable', variable: name }));

  test('have the value of the end of the step, in no stream', async () => {
    const { evidence, stdout, stderr } = await run("DIR=/tmp/first\nset -u\nDIR=$(echo /tmp/last)\nexport DIR\nMULTI=$'a\\nb'", {
      captures: carried('DIR', 'MULTI'),
    });
    expect(values(evidence)).toEqual(['dir=/tmp/last', 'multi=a\nb']);
    expect(evidence.observations[0]?.origin).toEqual({ kind: 'variable', step: '2.1', variable: 'DIR' });
    expect([stdout, stderr]).toEqual(['', '']);
  });

  test.each([
    ['the end of the text', 'DIR=x', 0],
    ['exit', 'DIR=x; exit 3; DIR=y', 3],
    ['a command that fails', 'DIR=x; false; DIR=y', 1],
    ['a failure after set +e', 'set +e; DIR=x; (exit 9)', 9],
    ['xtrace, and another separator', 'set -x; IFS=x; DIR=x', 0],
    ['an unterminated heredoc', 'DIR=x; cat <<END\ntext', 0],
    ['a trap of its own', "trap 'echo bye' EXIT; DIR=x", 0],
  ])('%s: carried, and the exit code is that of the text', async (_name, command, exitCode) => {
    const { evidence } = await run(command, { captures: carried('DIR') });
    expect(values(evidence)).toEqual(['dir=x']);
    expect(evidence).toMatchObject({ outcome: 'completed', exitCode });
  });

  test.each([
    ['never set', 'true'],
    ['set in a subshell', '(DIR=x)'],
    ['empty', 'DIR='],
    ['unset again', 'DIR=x; unset DIR'],
    ['a shell that was replaced', 'DIR=x; exec true'],
  ])('%s: not carried, so it is missing', async (_name, command) => {
    expect((await run(command, { captures: carried('DIR') })).evidence.observations).toEqual([]);
  });

  test('a program of the step finds neither descriptor, nor file name, nor proof', async () => {
    const look = `readlink /proc/self/fd/3 | grep socket; tr '\\0' '\\n' < /proc/$PPID/cmdline | grep 'proofplan-carr[y]'; env | grep -i '_proo[f]'; true`;
    const { evidence, stdout } = await run(`DIR=real\nbash -c "$LOOK"`, { captures: carried('DIR'), environment: { LOOK: look } });
    expect(values(evidence)).toEqual(['dir=real']);
    expect(stdout).toBe('');
  });

  test("a record in the private file without the proof is nobody's", async () => {
    const own = makeFolder();
    vi.stubEnv('TMPDIR', own);
    const forge = `for folder in ${own}/proofplan-carry-*; do printf 'guess\\0DIR\\0forged\\0' >> $folder/variables; done; ls $folder`;
    const { evidence, stdout } = await run(`DIR=real\n${forge}`, { captures: carried('DIR') });
    vi.unstubAllEnvs();
    expect(stdout).toBe('variables\n');
    expect(values(evidence)).toEqual(['dir=real']);
    expect(readdirSync(own).filter((name) => name.includes('carry'))).toEqual([]);
  });

  test('a secret stays one', async () => {
    const token = { ...capture('token', 'text', { kind: 'variable', variable: 'TOKEN' }), secret: true as const };
    expect((await run('TOKEN=abcdef', { captures: [token] })).evidence.observations).toMatchObject([{ name: 'token', secret: true }]);
  });

  test('a value of the wrong type is a problem', async () => {
    const count = capture('count', 'integer', { kind: 'variable', variable: 'COUNT' });
    expect((await run('COUNT=many', { captures: [count] })).evidence.problem).toMatchObject({
      code: 'engine/wrong-type',
      notes: ['count: variable COUNT at the end of step 2.1'],
    });
  });
});

describe('what does not end well', () => {
  test('a background job is killed and named, without secrets', async () => {
    const seconds = uniqueSeconds();
    const { evidence } = await run(`sleep ${seconds} &`, {}, { secrets: [seconds] });
    expect(evidence.leftover).toEqual([expect.stringMatching(/^\d+ sleep \*\*\*$/)]);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('the deadline: timed out, with what was printed until then', async () => {
    const { evidence, stdout } = await run('echo "Run ID: early"; sleep 100', {
      timeoutMs: 800,
      captures: [capture('run_id', 'text', { kind: 'label', label: 'Run ID' })],
    });
    expect(evidence).toMatchObject({ outcome: 'timed out', signal: 'SIGTERM' });
    expect(values(evidence)).toEqual(['run_id=early']);
    expect(stdout).toBe('Run ID: early\n');
  });

  test('a full disk in place of the evidence folder is a problem', async () => {
    const evidenceFolder = join(makeFolder(), 'file');
    writeFileSync(evidenceFolder, '');
    const { evidence } = await run('true', {}, { evidenceFolder });
    expect(evidence).toMatchObject({ outputs: [], problem: { code: 'engine/evidence-unwritable' } });
  });

  test('a command that is too long for the system is a problem', async () => {
    expect((await run(`: ${'x'.repeat(200_000)}`)).evidence.problem).toMatchObject({ code: 'engine/cannot-start' });
  });
});

test('50 MB without a newline, on both streams at once, are kept whole', async () => {
  const { evidence } = await run("head -c 50000000 /dev/zero | tr '\\0' o & head -c 50000000 /dev/zero | tr '\\0' e >&2; wait");
  expect(evidence.outputs?.map(({ stream, bytes, lines }) => [stream, bytes, lines])).toEqual([
    ['stdout', 50_000_000, 1],
    ['stderr', 50_000_000, 1],
  ]);
  const expected = createHash('sha256');
  for (let part = 0; part < 50; part += 1) expected.update('o'.repeat(1_000_000));
  expect(evidence.outputs?.[0]?.sha256).toBe(expected.digest('hex'));
});
