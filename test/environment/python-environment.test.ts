/**
 * The virtual environment. One test builds a real one (from a wheel made here, so that no registry is needed); the rest uses
 * programs that answer as a Python does, because what is shown is what we make of the answers.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { preparePython, type PythonContext } from '../../src/environment/python-environment.ts';
import { findPython, isAtLeast, pythonEnvironment } from '../../src/environment/python-program.ts';
import type { PythonRequirement } from '../../src/model/environment.ts';
import { must, quickFolder } from '../support/postgres.ts';
import { eventually, makeStage, processesOf, startChild } from './child-runner.ts';

const base = mkdtempSync(join(quickFolder, 'proofplan-python-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const requirement: PythonRequirement = { virtualEnvironment: '.venv', requirements: 'requirements.txt', minimum: '3.9' };

let count = 0;
function makeWorkspace(requirements = 'thing==1.0 --hash=sha256:00\n'): string {
  const workspace = join(base, `workspace-${(count += 1)}`);
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'requirements.txt'), requirements);
  return workspace;
}

/** A folder with programs that answer as Pythons of these versions; `-m venv` and `-m pip` are shell texts. */
function pythons(versions: Readonly<Record<string, string>>, venv = 'true', pip = 'true'): string {
  const folder = join(base, `bin-${(count += 1)}`);
  mkdirSync(folder);
  for (const [name, version] of Object.entries(versions)) {
    const body = `#!/bin/sh
case "$1 $2" in
  "-c "*) echo "${version}"; echo "$0" ;;
  "-m venv") echo venv >>"${folder}/calls"; /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python"; ${venv} ;;
  "-m pip") echo pip >>"${folder}/calls"; ${pip} ;;
esac
`;
    writeFileSync(join(folder, name), version === '' ? '#!/bin/sh\nexit 127\n' : body, { mode: 0o755 });
  }
  return folder;
}

function callsOf(folder: string): string {
  return existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().replaceAll('\n', ' ') : '';
}

function prepare(workspace: string, folder: string, more: Partial<PythonContext> = {}, wanted = requirement) {
  return preparePython(wanted, { workspace, processEnvironment: { PATH: `${folder}:/usr/bin-absent` }, ...more });
}

test('a real one: exactly the pinned wheel; two at once build it once; the next finds it made', async () => {
  const workspace = makeWorkspace('');
  const wheels = join(workspace, 'wheels');
  mkdirSync(wheels);
  const wheel = join(wheels, 'proofplan_sample-1.0-py3-none-any.whl');
  const real = must(await findPython('3.9', process.env));
  await execa(real.path, [
    '-c',
    `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("proofplan_sample.py", "answer = 42\\n")
    z.writestr("proofplan_sample-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: proofplan-sample\\nVersion: 1.0\\n")
    z.writestr("proofplan_sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("proofplan_sample-1.0.dist-info/RECORD", "")
`,
    wheel,
  ]);
  const digest = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  writeFileSync(join(workspace, 'requirements.txt'), `proofplan-sample==1.0 --hash=sha256:${digest}\n`);
  const processEnvironment = {
    ...process.env,
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: wheels,
    PYTHONPATH: workspace,
    PIP_TARGET: workspace,
    PYTHONHOME: '/nonexistent',
  };
  const told: string[] = [];
  const context: PythonContext = { workspace, processEnvironment, progress: (line) => told.push(line) };
  const both = (await Promise.all([preparePython(requirement, context), preparePython(requirement, context)])).map(must);
  expect(both.filter((each) => each.built)).toHaveLength(1);
  expect(told.toSorted()).toEqual(
    [
      'installing Python packages',
      `making a virtual environment with Python ${real.version}`,
      'waiting for another execution that installs Python packages',
    ].toSorted(),
  );
  const answer = await execa(join(workspace, '.venv', 'bin', 'python'), ['-c', 'import proofplan_sample as p; print(p.answer, p.__file__)']);
  expect(answer.stdout).toMatch(new RegExp(`^42 ${workspace}/\\.venv/lib/`));
  const startedAt = performance.now();
  expect(must(await preparePython(requirement, context)).built).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(existsSync(join(workspace, '.venv.lock'))).toBe(false);
});

test.each<[string, Readonly<Record<string, string>>, string, readonly string[] | undefined]>([
  ['none at all', {}, 'environment/no-python', undefined],
  ['one that does not run', { python3: '' }, 'environment/no-python', ['does not run']],
  [
    'too old ones',
    { python3: '3.8.19', python: '2.7.18', 'python3.6': '3.6.1' },
    'environment/python-too-old',
    ['is Python 3.8.19', 'is Python 2.7.18', 'is Python 3.6.1'],
  ],
])('no Python: %s', async (_name, versions, code, notes) => {
  const folder = pythons(versions);
  const workspace = makeWorkspace();
  const prepared = await prepare(workspace, folder);
  expect(prepared.value).toBeUndefined();
  expect(prepared.diagnostics).toMatchObject([{ severity: 'error', code, help: 'install Python 3.9 or later, so that `python3` on the PATH is it' }]);
  expect(prepared.diagnostics[0]?.notes).toEqual(notes?.map((note) => expect.stringContaining(note)));
  expect(existsSync(join(workspace, '.venv'))).toBe(false);
});

test('the first that is new enough: python3, python, then the others', async () => {
  const found = async (versions: Readonly<Record<string, string>>): Promise<string> => must(await findPython('3.9', { PATH: pythons(versions) })).version;
  expect(await found({ python3: '3.11.7', python: '3.12.0', 'python3.13': '3.13.0' })).toBe('3.11.7');
  expect(await found({ python3: '3.8.1', python: '3.12.0', 'python3.13': '3.13.0' })).toBe('3.12.0');
  expect(await found({ python3: '', python: '2.7.18', 'python3.13': '3.13.0', 'python3.10': '3.10.2' })).toBe('3.10.2');
  expect([isAtLeast('3.10.0', '3.9'), isAtLeast('3.9.0', '3.9'), isAtLeast('3.8.19', '3.9'), isAtLeast('4.0.0', '3.9'), isAtLeast('3.9.1', '3.9.2')]).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});

test('no venv module: the package that has it is named', async () => {
  const debian =
    'echo "The virtual environment was not created successfully because ensurepip is not"; echo "available.  On Debian/Ubuntu systems, you need to install the python3-venv"; echo "package using the following command."; echo "    apt install python3.11-venv"; echo "because ensurepip is not available"; exit 1';
  const workspace = makeWorkspace();
  const lacking = await prepare(workspace, pythons({ python3: '3.11.7' }, debian));
  expect(lacking.diagnostics).toMatchObject([{ code: 'environment/no-venv', help: 'install it; on Debian and Ubuntu: `apt install python3.11-venv`' }]);
  const none = await prepare(workspace, pythons({ python3: '3.9.2' }, 'echo "/usr/bin/python3: No module named venv" >&2; exit 1'));
  expect(none.diagnostics).toMatchObject([{ code: 'environment/no-venv', help: 'install it; on Debian and Ubuntu: `apt install python3-venv`' }]);
  const full = await prepare(workspace, pythons({ python3: '3.9.2' }, 'echo "OSError: No space left on device" >&2; exit 1'));
  expect(full.diagnostics).toMatchObject([{ code: 'environment/no-venv', notes: ['OSError: No space left on device'] }]);
  expect(existsSync(join(workspace, '.venv'))).toBe(false);
});

test('no registry, no such version: the last lines of pip, and nothing half made', async () => {
  const workspace = makeWorkspace();
  const offline = await prepare(workspace, pythons({ python3: '3.11.7' }, 'true', 'echo "Connection refused"; echo "ERROR: could not fetch" >&2; exit 1'));
  expect(offline).toEqual({
    value: undefined,
    diagnostics: [
      {
        severity: 'error',
        code: 'environment/python-packages',
        message: 'the packages of `requirements.txt` cannot be installed',
        notes: ['Connection refused', 'ERROR: could not fetch'],
        help: 'see that the package registry can be reached; proxy and registry are named in HTTPS_PROXY and PIP_INDEX_URL',
      },
    ],
  });
  expect(existsSync(join(workspace, '.venv'))).toBe(false);
  const absent = await prepare(workspace, pythons({ python3: '3.11.7' }, 'true', 'echo "ERROR: No matching distribution found for thing==1.0" >&2; exit 1'));
  expect(absent.diagnostics[0]?.help).toContain('has these versions for this Python');
  const changed = await prepare(
    workspace,
    pythons({ python3: '3.11.7' }, 'true', 'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE." >&2; exit 1'),
  );
  expect(changed.diagnostics[0]?.help).toContain('`pip-compile --generate-hashes`');
});

test('a requirements file that is missing, and a folder that cannot be written', async () => {
  const folder = pythons({ python3: '3.11.7' });
  const workspace = makeWorkspace();
  const missing = await prepare(workspace, folder, {}, { ...requirement, requirements: 'absent.txt' });
  expect(missing.diagnostics).toMatchObject([{ code: 'environment/requirements-missing', message: 'the Python requirements `absent.txt` cannot be read' }]);
  writeFileSync(join(workspace, 'file'), '');
  const within = await prepare(workspace, folder, {}, { ...requirement, virtualEnvironment: 'file/.venv' });
  expect(within.diagnostics).toMatchObject([{ code: 'environment/python-folder-unwritable' }]);
  expect(callsOf(folder)).toBe('');
});

test('what somebody else made is never touched', async () => {
  const folder = pythons({ python3: '3.11.7' });
  for (const make of [
    (path: string) => mkdirSync(join(path, 'bin'), { recursive: true }),
    (path: string) => writeFileSync(path, 'text'),
    (path: string) => symlinkSync(base, path),
  ]) {
    const workspace = makeWorkspace();
    const path = join(workspace, '.venv');
    make(path);
    const kind = lstatSync(path).mode;
    expect((await prepare(workspace, folder)).diagnostics).toMatchObject([{ code: 'environment/python-folder-foreign' }]);
    expect(lstatSync(path).mode).toBe(kind);
  }
  expect(callsOf(folder)).toBe('');
});

test('made again when the requirements change, the Python goes away, or the minimum rises; else not', async () => {
  const folder = pythons({ python3: '3.11.7' });
  const workspace = makeWorkspace();
  const built = async (wanted = requirement): Promise<boolean> => must(await prepare(workspace, folder, {}, wanted)).built;
  expect([await built(), await built()]).toEqual([true, false]);
  writeFileSync(join(workspace, 'requirements.txt'), 'other==2.0 --hash=sha256:11\n');
  expect([await built(), await built()]).toEqual([true, false]);
  rmSync(join(workspace, '.venv', 'bin', 'python'));
  expect([await built(), await built()]).toEqual([true, false]);
  writeFileSync(join(workspace, '.venv', 'bin', 'python'), '#!/bin/sh\necho 3.12.1\necho "$0"\n');
  chmodSync(join(workspace, '.venv', 'bin', 'python'), 0o755);
  expect([await built(), await built()]).toEqual([true, false]);
  expect((await prepare(workspace, folder, {}, { ...requirement, minimum: '3.12' })).diagnostics).toMatchObject([{ code: 'environment/python-too-old' }]);
  expect(await built()).toBe(false);
});

test('a workspace under two names has one environment, by its own name; one that was moved is built again', async () => {
  const workspace = makeWorkspace();
  const link = join(base, 'link');
  symlinkSync(workspace, link);
  const environment = { PATH: `${pythons({ python3: '3.11.7' })}:/usr/bin:/bin` };
  const through = must(await preparePython(requirement, { workspace: link, processEnvironment: environment }));
  expect(through).toMatchObject({ folder: join(workspace, '.venv'), built: true });
  expect(must(await preparePython(requirement, { workspace, processEnvironment: environment })).built).toBe(false);
  const moved = join(base, 'moved');
  renameSync(workspace, moved);
  expect(must(await preparePython(requirement, { workspace: moved, processEnvironment: environment })).built).toBe(true);
});

test('kill -9 in the middle of a build: no pip goes on, and the next start builds it whole', async () => {
  const folder = pythons({ python3: '3.11.7' }, 'true', '[ -z "$STUB_SLOW" ] || sleep 985.1');
  const stage = await makeStage(undefined);
  const workspace = makeWorkspace();
  try {
    const child = startChild(
      stage,
      `
      say({ begun: true });
      await environment.preparePython(${JSON.stringify(requirement)}, { workspace: ${JSON.stringify(workspace)}, processEnvironment: { PATH: ${JSON.stringify(`${folder}:/usr/bin:/bin`)}, STUB_SLOW: '1' } });
    `,
    );
    await child.next();
    await eventually('pip runs', () => processesOf('sleep 985.1').length > 0);
    child.process.kill('SIGKILL');
    await child.exited;
    await eventually('pip is gone', () => processesOf('sleep 985.1').length === 0);
    expect(existsSync(join(workspace, '.venv', 'bin', 'python'))).toBe(true);
    const next = await prepare(workspace, folder);
    expect(next).toEqual({ value: { folder: join(workspace, '.venv'), version: '3.11.7', built: true }, diagnostics: [] });
    expect(callsOf(folder)).toBe('venv pip venv pip');
  } finally {
    stage.remove();
  }
});

test('another execution that builds for too long is named, not disturbed', async () => {
  const folder = pythons({ python3: '3.11.7' });
  const workspace = makeWorkspace();
  symlinkSync('another-machine-entirely-1-1', join(workspace, '.venv.lock'));
  const busy = await prepare(workspace, folder, { lockTimeoutMs: 150 });
  expect(busy.diagnostics).toMatchObject([
    { code: 'environment/python-busy', help: `wait for it, or remove \`${workspace}/.venv.lock\` when nothing builds there` },
  ]);
  expect(callsOf(folder)).toBe('');
});

test('a lock that is taken away during a build: what was built is not trusted', async () => {
  const workspace = makeWorkspace();
  const folder = pythons({ python3: '3.11.7' }, 'true', `/bin/rm -f "${workspace}/.venv.lock"`);
  expect((await prepare(workspace, folder)).diagnostics).toMatchObject([{ code: 'environment/python-busy' }]);
  expect(must(await prepare(workspace, pythons({ python3: '3.11.7' }))).built).toBe(true);
});

test("the caller's registry and certificates reach pip; what loads other code does not", () => {
  expect(
    pythonEnvironment({
      PATH: '/bin',
      PIP_INDEX_URL: 'u',
      HTTPS_PROXY: 'p',
      SSL_CERT_FILE: 'c',
      PIP_TARGET: 'x',
      PIP_USER: '1',
      PYTHONPATH: 'x',
      PYTHONHOME: 'x',
      VIRTUAL_ENV: 'x',
      ABSENT: undefined,
    }),
  ).toEqual({
    PATH: '/bin',
    PIP_INDEX_URL: 'u',
    HTTPS_PROXY: 'p',
    SSL_CERT_FILE: 'c',
  });
});
