// `npm install` from a repository (a hook of pre-commit, a git dependency) packs what `prepare` leaves. npm installs what the build needs
// before it, except for `npm install --global`, which passes `global` on to that installation, too: then it is done here.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const hasBundler = () => existsSync(join(root, 'node_modules', 'rolldown'));

/** What the program itself needs, and the bundler. */
function installBundler() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const argv = ['install', '--no-global', '--no-save', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', `rolldown@${devDependencies.rolldown}`];
  spawnSync('npm', argv, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, npm_config_global: 'false' } });
}

if (!hasBundler() && process.env['npm_config_global'] === 'true') installBundler();
// With `--omit=dev` nothing is built: whoever starts the command from a clone has it built then.
if (hasBundler()) {
  const { build } = await import('./build.mjs');
  const problem = build();
  if (problem !== undefined) {
    console.error(problem);
    process.exitCode = 1;
  }
}
