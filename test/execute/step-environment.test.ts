import { describe, expect, it } from 'vitest';
import { refusedInheritance, stepEnvironment } from '../../src/execute/step-environment.ts';

const hostile = {
  SHELLOPTS: 'noexec',
  BASH_ENV: '/x',
  'BASH_FUNC_pytest%%': '() { :; }',
  LD_PRELOAD: '/x.so',
  PYTHONSTARTUP: '/x.py',
  PATH: '/evil',
  HOME: '/home/somebody',
  PGPASSWORD: 'p',
  DATABASE_URL: 'postgresql://real',
  NODE_OPTIONS: '-r /x',
  REGION: 'eu',
};
const options = { config: undefined, processEnvironment: hostile, toolFolders: ['/tools'], temporaryFolder: '/tmp/step' } as const;

describe('stepEnvironment', () => {
  it('is a permitted list, and nothing else', () => {
    expect(stepEnvironment(options)).toEqual({
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      TERM: 'dumb',
      PATH: '/usr/local/bin:/usr/bin:/bin:/tools',
      HOME: '/tmp/step/home',
      TMPDIR: '/tmp/step',
    });
  });
  it("puts the environment's folders first on the PATH and the runner's last", () => {
    expect(stepEnvironment({ ...options, config: { path: ['/w/.venv/bin'], inherit: [] } })['PATH']).toBe('/w/.venv/bin:/usr/local/bin:/usr/bin:/bin:/tools');
  });
  it('inherits what the configuration names, but nothing that could forge a pass', () => {
    const config = { name: 'e', path: [], inherit: Object.keys(hostile) };
    const environment = stepEnvironment({ ...options, config, databaseUrl: 'postgresql://step-1.1:token@127.0.0.1:1/db' });
    expect(environment).toMatchObject({ REGION: 'eu', DATABASE_URL: 'postgresql://step-1.1:token@127.0.0.1:1/db', HOME: '/tmp/step/home' });
    expect(Object.keys(environment).sort()).toEqual(['DATABASE_URL', 'HOME', 'LANG', 'LC_ALL', 'PATH', 'REGION', 'TERM', 'TMPDIR', 'TZ']);
    expect(refusedInheritance(config)[0]?.code).toBe('execute/variable-not-inherited');
    expect(refusedInheritance(config).map(({ message }) => message.split('`')[1])).toEqual(Object.keys(hostile).filter((name) => name !== 'REGION'));
  });
});
