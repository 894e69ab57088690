/**
 * PostgreSQL refuses to run as root. Under root everything of the server (its folders, its template, its processes) belongs to
 * a system user, and every file operation in these folders is carried out as that user: root follows no link that user made.
 */
import { createHash } from 'node:crypto';
import { lchown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { cannot } from './finding.ts';

/** The system user of the server; `undefined` ids: we are an ordinary user and the server is ours. */
export interface ServerUser {
  readonly name: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** The environment of the server's own processes: nothing of ours is inherited. */
export const serverProcessEnvironment: Readonly<Record<string, string>> = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Us, or under root the user `postgres`, else `nobody` (initdb refuses an id without a name). */
export async function findServerUser(): Promise<Checked<ServerUser>> {
  if (process.getuid?.() !== 0) {
    const name = await answerOf('id', ['-un']);
    if (name !== undefined) return { value: { name }, diagnostics: [] };
    return cannot(
      'environment/no-server-user',
      `PostgreSQL does not run as a user without a name, and the system knows none for the number ${process.getuid?.()}`,
      {
        help: 'run as a user of /etc/passwd, or as root; or name a database with --database',
      },
    );
  }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([answerOf('id', ['-u', name]), answerOf('id', ['-g', name])]);
    if (uid !== undefined && gid !== undefined && uid !== '0') return { value: { name, uid: Number(uid), gid: Number(gid) }, diagnostics: [] };
  }
  return cannot('environment/no-server-user', 'PostgreSQL does not run as root, and there is no system user `postgres` or `nobody` to run it as', {
    help: 'create one (`useradd --system postgres`), run as an ordinary user, or name a database with --database',
  });
}

/** Runs a shell script as the server's user; `stdin` is for what must not stand in a process list. */
export async function runAsServer(
  user: ServerUser,
  script: string,
  parameters: readonly string[],
  stdin = '',
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const result = await execa('/bin/sh', ['-c', script, 'proofplan', ...parameters], {
    ...spawnIds(user),
    cwd: '/',
    env: serverProcessEnvironment,
    extendEnv: false,
    input: stdin,
    all: true,
    reject: false,
  });
  return { exitCode: result.exitCode ?? 1, output: result.all ?? result.shortMessage ?? '' };
}

/** The ids for a spawn as the server's user; none for an ordinary user. */
export function spawnIds(user: ServerUser): { readonly uid?: number; readonly gid?: number } {
  return user.uid === undefined || user.gid === undefined ? {} : { uid: user.uid, gid: user.gid };
}

/** Can the server's user read and enter this folder, through all its parents? */
export async function serverCanRead(user: ServerUser, folder: string): Promise<boolean> {
  return user.uid === undefined || (await runAsServer(user, 'test -r "$1" && test -x "$1/."', [folder])).exitCode === 0;
}

/**
 * A folder that belongs to the server's user and to nobody else: in `wanted`, or, where that cannot be had (a home that only
 * root can enter, a file system without owners), in a temporary folder under a name made from `wanted`.
 */
export async function serverFolder(user: ServerUser, wanted: string, purpose: string): Promise<Checked<string>> {
  const name = `proofplan-${user.name}-${purpose}-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  const reasons: string[] = [];
  // Whether it can be made shows at the next line.
  await mkdir(wanted, { recursive: true }).catch(() => undefined);
  for (const folder of [join(wanted, purpose), ...[...new Set([tmpdir(), '/tmp', '/var/tmp'])].map((base) => join(base, name))]) {
    const reason = await ownFolder(user, folder);
    if (reason === undefined) return { value: folder, diagnostics: [] };
    reasons.push(`\`${folder}\`: ${reason}`);
  }
  return cannot('environment/folder-unusable', `no folder for the ${purpose} of the embedded server`, {
    notes: reasons,
    help: 'make one of them writable, or remove what stands in its place',
  });
}

/** Makes the folder, or says why it cannot be ours alone. One that was there before may be a trap: a link, or open to others. */
async function ownFolder(user: ServerUser, folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 });
    if (user.uid !== undefined && user.gid !== undefined) await lchown(folder, user.uid, user.gid);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') return messageOf(thrown);
  }
  const status = await lstat(folder);
  if (!status.isDirectory() || status.uid !== (user.uid ?? process.getuid?.()) || (status.mode & 0o077) !== 0) {
    return `it is not a folder that belongs to the user \`${user.name}\` alone`;
  }
  return (await serverCanEnter(user, folder)) ? undefined : `the user \`${user.name}\` cannot enter it`;
}

async function serverCanEnter(user: ServerUser, folder: string): Promise<boolean> {
  return user.uid === undefined || (await runAsServer(user, 'test -x "$1/."', [folder])).exitCode === 0;
}

async function answerOf(program: string, parameters: readonly string[]): Promise<string | undefined> {
  const result = await execa(program, parameters, { reject: false, extendEnv: false, env: serverProcessEnvironment });
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}
