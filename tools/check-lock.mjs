// Every optional (platform) package that a package of the lock names must have an entry of its own, else `npm ci` on
// another platform ends with EUSAGE "Missing: … from lock file". Run by `.ci/run`.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const resolvable = (from, name) => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (!folder) return false;
  }
};
const missing = [];
const hosts = [];
for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved) hosts.push(path);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!resolvable(path, name)) missing.push(`${path} → ${name}`);
  }
}
for (const line of missing) console.error(`package-lock.json has no entry for ${line}`);
for (const path of hosts) console.error(`package-lock.json names a registry host for ${path}`);
process.exitCode = missing.length + hosts.length === 0 ? 0 : 1;
