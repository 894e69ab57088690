import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/compile/config.ts';
import type { ProjectConfig } from '../../src/model/environment.ts';
import { announced, fixtureNames, fixtureText, shown, yamlOf } from './fixture.ts';

const folder = resolve('/project/part');

function compile(text: string): ProjectConfig {
  const { value, diagnostics } = compileConfig(yamlOf(text), { path: 'part/proofplan.config.yaml', folder });
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('no value');
  return value;
}

describe('a whole configuration', () => {
  const config = compile(fixtureText('config/whole.yaml'));
  const environment = config.environments[0];
  const workspace = resolve(folder, 'fixtures/run-proof');

  it('names its environments and the default', () => {
    expect(config.path).toBe('part/proofplan.config.yaml');
    expect(config.default).toBe('run-proof');
    expect(config.environments.map(({ name }) => name)).toEqual(['run-proof', 'by-address', 'by-variable']);
    expect(config.baseline.map(({ text, span }) => [text, span.path, span.start.column])).toEqual([['No manual DB inserts.', 'a.yaml', 12]]);
  });

  it('joins folders to the file and to the workspace', () => {
    expect(environment?.workspace).toBe(workspace);
    expect(environment?.path).toEqual([resolve(workspace, '.venv/bin'), resolve(workspace, 'bin')]);
    expect(config.environments[1]?.workspace).toBe(resolve('/srv/app'));
    expect(config.environments[2]?.workspace).toBe(resolve('/project'));
    expect(environment?.python).toEqual({ virtualEnvironment: '.venv', requirements: 'backend/requirements.txt', minimum: '3.10' });
  });

  it('knows three kinds of database', () => {
    expect(config.environments.map(({ database }) => database)).toEqual([
      { kind: 'embedded' },
      { kind: 'url', url: 'postgresql://localhost:5432/app' },
      { kind: 'environment-variable', name: 'DATABASE_URL' },
    ]);
  });

  it('prepares', () => {
    expect(environment?.prepare).toEqual([
      { run: 'python -m app.migrate upgrade head', workingDirectory: 'backend', environment: {}, timeoutMs: 600_000 },
      { run: 'python -m app.seed tenant run-proof', workingDirectory: '.', environment: { PYTHONPATH: '.', LEVEL: '1.10' }, timeoutMs: 5000 },
      { run: 'create-agent --tenant-id "$PP_tenant_id"', workingDirectory: '.', environment: {}, plans: ['run-proof-v4'], timeoutMs: 600_000 },
    ]);
    expect(environment?.prepareOutside).toBe(true);
  });

  it('provides values as they are written', () => {
    expect(environment?.provides).toEqual([
      { name: 'tenant_id', kind: 'prepare-line', prepare: 1, pattern: 'Created tenant: <uuid>', type: 'uuid' },
      { name: 'agent_id', kind: 'prepare-line', prepare: 2, pattern: '<agent_id>: <name>' },
      { name: 'region', kind: 'constant', text: 'eu-west-1' },
      { name: 'version', kind: 'constant', text: '1.10' },
      { name: 'big', kind: 'constant', text: '9007199254740993', type: 'integer' },
    ]);
  });

  it('has witnesses', () => {
    expect(environment?.witnesses).toEqual([
      {
        name: 'hash-chain',
        algorithm: 'sha256',
        seed: 'run_id',
        row: '{step_index}:{skill_name}:{status}',
        query: 'select step_index, skill_name, status from aos_trace_steps where run_id = $1 order by step_index',
        root: 'root_hash',
      },
      { name: 'second', algorithm: 'sha256', seed: 'run_id', row: '{a}', query: 'select a from b where c = $1', root: 'other' },
    ]);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(config.environments)).toBe(true);
    expect(Object.isFrozen(environment?.prepare[0]?.environment)).toBe(true);
  });
});

describe('the least configuration', () => {
  it('has one environment and nothing prepared', () => {
    expect(compile('environments: { a: { workspace: ., database: embedded } }\n')).toEqual({
      path: 'part/proofplan.config.yaml',
      environments: [
        {
          name: 'a',
          workspace: folder,
          database: { kind: 'embedded' },
          path: [],
          prepare: [],
          prepareOutside: false,
          provides: [],
          inherit: [],
          witnesses: [],
        },
      ],
      baseline: [],
    });
  });
});

describe('refused configurations', () => {
  it.each(fixtureNames('config/refused'))('%s', (name) => {
    const text = fixtureText(`config/refused/${name}`);
    const { value, diagnostics } = compileConfig(yamlOf(text), { path: name, folder });
    expect(value).toBeUndefined();
    expect(diagnostics.map(shown)).toEqual(announced(text));
    expect(diagnostics).not.toEqual([]);
  });

  it('never repeats an address, which may hold a password', () => {
    const { diagnostics } = compileConfig(yamlOf('environments: { a: { workspace: ., database: mysql://user:s3cret@host/db } }\n'), { path: 'x', folder });
    expect(JSON.stringify(diagnostics)).not.toContain('s3cret');
  });
});

describe('the configuration of this repository', () => {
  it('compiles', () => {
    const { default: chosen, environments } = compile(fixtureText('../proofplan.config.yaml'));
    expect(chosen).toBe('run-proof');
    expect(environments.map(({ name }) => name)).toEqual(['run-proof', 'run-proof-before-fix']);
  });
});
