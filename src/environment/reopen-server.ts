/** An embedded server that begins with what another one has left: the same cluster after its runner was killed, or a copy of one. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { discardCluster, endServer, keepName, newCluster, sweepLeftovers } from './cluster-sweep.ts';
import { accessRules, configuration, superuserName } from './cluster.ts';
import { becomesReady, type EmbeddedServer, type EmbeddedServerOptions, findPlace, freePort, portAttempts, serverOf } from './embedded-server.ts';
import { cannot, lastLines } from './finding.ts';
import { ownerState } from './process-identity.ts';
import { runAsServer } from './server-user.ts';
import { startWatchdog } from './watchdog.ts';
import type { Place } from './embedded-server.ts';

/** Runs in single-user mode, so that nobody else is there and no password is needed; the texts come on standard input. */
const resetScript = '"$1/postgres" --single -D "$2" postgres';

/**
 * Starts the server of a cut execution again, in the cluster that was kept for it. All passwords are new, the superuser's and that of
 * the database's `owner`. Never throws.
 */
export async function reopenEmbeddedServer(options: EmbeddedServerOptions, execution: string, owner: string): Promise<Checked<Revived>> {
  try {
    const placed = await findPlace(options);
    if (placed.value === undefined) return { value: undefined, diagnostics: placed.diagnostics };
    const place = placed.value;
    const { user, clusterRoot } = place;
    const gone = (note: string): Checked<never> =>
      cannot('environment/cluster-gone', 'the embedded database of this execution is not there any more', {
        notes: [note],
        help: 'execute the plan again',
      });
    const found = await runAsServer(user, `cd "$1" && grep -lxF -e "$2" cluster-*/${keepName}`, [clusterRoot, execution]);
    const [, name = '', mark = ''] = /^(cluster-([\w-]+)-[0-9a-f]{8})\/keep$/m.exec(found.output) ?? [];
    if (name === '') return gone(`none in \`${clusterRoot}\` was kept for it: kept ones are removed after a day, and when there are more than a few`);
    const left = join(clusterRoot, name);
    if (ownerState(mark) !== 'gone') return gone(`the process that made \`${left}\` may still run`);
    const folder = newCluster(clusterRoot);
    await endServer(join(left, 'data'));
    // A rename is all or nothing: of two that come at once, one has it.
    if ((await runAsServer(user, 'mv -T "$1" "$2"', [left, folder])).exitCode !== 0) return gone('another process has taken it');
    return await revive(place, { folder, owner }, options, gone);
  } catch (thrown) {
    return cannot('environment/server-not-started', 'the embedded PostgreSQL cannot be started', { notes: [messageOf(thrown)] });
  }
}

/** Starts a server on a copy of a cluster that nobody writes any more. The passwords are this server's own. Never throws. */
export async function copyEmbeddedServer(options: EmbeddedServerOptions, source: string, owner: string): Promise<Checked<Revived>> {
  try {
    const placed = await findPlace(options);
    if (placed.value === undefined) return { value: undefined, diagnostics: placed.diagnostics };
    const { user, clusterRoot } = placed.value;
    const gone = (note: string): Checked<never> =>
      cannot('environment/cluster-gone', 'the database that was prepared for several plans cannot be copied', {
        notes: [note],
        help: 'execute the plans again',
      });
    const swept = await sweepLeftovers(user, [clusterRoot], options.progress);
    const folder = newCluster(clusterRoot);
    const copied = await runAsServer(user, 'umask 077; mkdir "$2" && cp -R "$1/data" "$2/data"', [source, folder]);
    if (copied.exitCode !== 0) {
      await discardCluster(user, folder);
      return gone(lastLines(copied.output).join('; '));
    }
    const revived = await revive(placed.value, { folder, owner }, options, gone);
    return { value: revived.value, diagnostics: [...swept, ...revived.diagnostics] };
  } catch (thrown) {
    return cannot('environment/server-not-started', 'the embedded PostgreSQL cannot be started', { notes: [messageOf(thrown)] });
  }
}

export interface Revived {
  readonly server: EmbeddedServer;
  readonly ownerPassword: string;
}

/** New passwords, then the server under a watchdog. */
async function revive(
  { user, binary, ...place }: Place,
  { folder, owner }: { readonly folder: string; readonly owner: string },
  options: EmbeddedServerOptions,
  gone: (note: string) => Checked<never>,
): Promise<Checked<Revived>> {
  const data = join(folder, 'data');
  const passwords = [0, 1].map(() => randomBytes(24).toString('base64url'));
  const [password = '', ownerPassword = ''] = passwords;
  const roles = [
    [superuserName, password],
    [owner, ownerPassword],
  ] as const;
  const texts = roles.map(([role, secret]) => `ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${pg.escapeLiteral(secret)}\n`).join('');
  const reset = await runAsServer(user, `rm -f "$2/postmaster.pid"; ${resetScript}`, [binary.folder, data], texts);
  if (reset.exitCode !== 0 || /ERROR|FATAL|PANIC/.test(reset.output)) return gone(lastLines(reset.output).join('; '));
  for (let tries = 0; tries < portAttempts; tries += 1) {
    const port = await (options.choosePort ?? freePort)();
    const command = [join(binary.folder, 'postgres'), '-D', data, '-p', String(port)];
    const watchdog = await startWatchdog(user, { folder, configuration, accessRules, command });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= watchdog.close().then(() => discardCluster(user, folder)));
    const problem = await becomesReady(data, watchdog);
    if (problem === undefined) {
      const superuser: DatabaseAddress = { host: '127.0.0.1', port, user: superuserName, password, database: 'postgres', tls: false };
      return { value: { server: serverOf({ user, binary, ...place }, folder, watchdog, superuser, close), ownerPassword }, diagnostics: [] };
    }
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
    if (!/could not bind|could not create any TCP\/IP sockets/.test(log) || tries + 1 === portAttempts) {
      await close();
      return gone(lastLines(log || problem).join('; '));
    }
  }
  return gone('no port is free for it');
}
