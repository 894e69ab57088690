/**
 * What a throw-away cluster is made of. A template initialised once saves half of a start; it is only ever copied, its
 * configuration is replaced and its password is changed before anybody else hears of the server.
 */
import { createHash, randomBytes } from 'node:crypto';
import { access, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { cannot, lastLines } from './finding.ts';
import type { PostgresBinary } from './postgres-binary.ts';
import { ownerMark } from './process-identity.ts';
import { runAsServer, type ServerUser } from './server-user.ts';

/** The superuser of every embedded server. */
export const superuserName = 'postgres';

/** Small segments: a third less to copy. No locale: texts sort alike on every machine. */
const initdbOptions = ['-U', superuserName, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-locale', '--no-sync', '--wal-segsize=1'];

/**
 * The whole configuration: what initdb or a template wrote is replaced. Nothing is durable against a crash of the machine; a commit
 * is in the kernel's hands when it is answered, so that a server that was killed has lost none. Counters that tripwires read are
 * on. `mmap` keeps shared memory in the folder: a server that was killed leaves nothing elsewhere.
 */
export const configuration = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '32MB'
dynamic_shared_memory_type = 'mmap'
fsync = off
synchronous_commit = on
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '256MB'
min_wal_size = '2MB'
track_activities = on
track_counts = on
track_commit_timestamp = on
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = 'log'
log_checkpoints = off
`;

/** One way in: a password over the loopback address. */
export const accessRules = 'host all all 127.0.0.1/32 scram-sha-256\n';

/** Written as the server's user; the password comes on standard input, because a process list shows arguments. */
const templateScript = `
set -eu
umask 077
mkdir "$1"
cat >"$1/password"
folder=$1; shift
"$@" -D "$folder/data" --pwfile="$folder/password" </dev/null
`;

/** Removes a folder of the server as the server's user. */
export async function removeFolder(user: ServerUser, folder: string): Promise<void> {
  await runAsServer(user, 'rm -rf "$1"', [folder]);
}

/** A folder with an initialised `data` and the superuser's first `password`, made where it is missing. It is only ever copied. */
export async function readyTemplate(user: ServerUser, binary: PostgresBinary, templateRoot: string): Promise<Checked<string>> {
  const digest = createHash('sha256')
    .update(JSON.stringify([binary.folder, binary.version, initdbOptions]))
    .digest('hex')
    .slice(0, 12);
  const template = join(templateRoot, `template-${binary.major}-${digest}`);
  if (await exists(join(template, 'password'))) return { value: template, diagnostics: [] };
  const staging = join(templateRoot, `making-${ownerMark()}-${randomBytes(4).toString('hex')}`);
  const made = await runAsServer(user, templateScript, [staging, join(binary.folder, 'initdb'), ...initdbOptions], randomBytes(24).toString('base64url'));
  if (made.exitCode !== 0) {
    await removeFolder(user, staging);
    return cannot('environment/server-not-started', `\`initdb\` of PostgreSQL ${binary.version} failed`, { notes: lastLines(made.output) });
  }
  try {
    // A rename is all or nothing: a template that is there is whole.
    await rename(staging, template);
  } catch (thrown) {
    await removeFolder(user, staging);
    if (!(await exists(join(template, 'password')))) {
      return cannot('environment/server-not-started', `the template \`${template}\` cannot be kept`, { notes: [messageOf(thrown)] });
    }
  }
  return { value: template, diagnostics: [] };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
