/** The file of a key that signs checkpoints: a line with the key's name, then PKCS #8 in PEM (RFC 7468 lets text stand before it). */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, writeSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { isKeyName, noteKeyOf, type NoteKey } from '../journal/signed-note.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { CommandContext } from './command-context.ts';

const nameLine = /^proofplan key: (.*)$/m;
const maximumBytes = 64 << 10;
const byOthers = 0o077;

/** The file's content. */
function renderKeyFile(key: NoteKey): string {
  return `proofplan key: ${key.name}\n${key.privateKey}`;
}

/** Makes the file for its owner alone; one that is there is never overwritten. Answers with what stands in the way. */
export function writeNoteKey(path: string, key: NoteKey, context: CommandContext): Diagnostic | undefined {
  try {
    const file = openSync(resolve(context.workingFolder, path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      writeSync(file, renderKeyFile(key));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ELOOP');
    return exists
      ? {
          severity: 'error',
          code: 'cli/file-exists',
          message: `\`${path}\` is already there, and a key is never overwritten`,
          help: 'name another file with --out',
        }
      : {
          severity: 'error',
          code: 'cli/unwritable-file',
          message: `\`${path}\` cannot be written: ${messageOf(error)}`,
          help: 'name a file that can be made with --out',
        };
  }
}

/** The key in a file of `key new`. `path` is relative to the command's folder. Nothing of the file's content gets into a message. */
export function readNoteKey(path: string, context: CommandContext): Checked<NoteKey> {
  const unusable = (what: string, help = 'make one with `proofplan key new`'): Checked<NoteKey> => ({
    value: undefined,
    diagnostics: [{ severity: 'error', code: 'cli/key-unusable', message: `\`${path}\` ${what}`, help }],
  });
  let text: string;
  try {
    // Not blocking: a named pipe would wait for ever.
    const file = openSync(resolve(context.workingFolder, path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      const problem = problemOf(stat);
      if (problem) return unusable(...problem(path));
      text = readFileSync(file, 'latin1');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return unusable(`cannot be read: ${messageOf(error)}`);
  }
  if (text.trim() === '') return unusable('is empty');
  const key = privateKeyIn(text);
  if (typeof key === 'string') return unusable(key);
  const name = Buffer.from(nameLine.exec(text)?.[1] ?? '', 'latin1')
    .toString('utf8')
    .trim();
  if (name === '') return unusable('does not say how the key is called', 'put a line `proofplan key: NAME` before the key');
  if (!isKeyName(name)) return unusable('gives the key a name with white space, control characters or a plus sign', 'change the line `proofplan key: NAME`');
  return { value: noteKeyOf(name, key), diagnostics: [] };
}

type Problem = (path: string) => readonly [what: string, help?: string];

function problemOf(stat: Stats): Problem | undefined {
  if (stat.isDirectory()) return () => ['is a folder'];
  if (!stat.isFile()) return () => ['is not a regular file'];
  if ((stat.mode & byOthers) !== 0)
    return (path) => [
      `can be used by others than its owner (mode ${(stat.mode & 0o777).toString(8).padStart(3, '0')})`,
      `make it yours alone: \`chmod 600 ${path}\`; if others may have read it, make a new one`,
    ];
  if (stat.size > maximumBytes) return () => ['is too large for a key'];
  return undefined;
}

/** The key, or what there is instead of one. */
function privateKeyIn(text: string): KeyObject | string {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    return 'holds an encrypted key, and nobody is there to be asked for its password';
  if (/-----BEGIN OPENSSH PRIVATE KEY-----/.test(text)) return 'holds a key of ssh, not PKCS #8 in PEM';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return isPublicKey(text) ? 'holds a public key, which cannot sign' : 'holds no key in PEM';
  try {
    const key = createPrivateKey(text);
    return key.asymmetricKeyType === 'ed25519' ? key : `holds a key of the kind ${String(key.asymmetricKeyType)}, not Ed25519`;
  } catch {
    // OpenSSL's own words help nobody here.
    return 'holds a damaged key';
  }
}

function isPublicKey(text: string): boolean {
  if (/^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\s*$/.test(text)) return true;
  try {
    createPublicKey(text);
    return true;
  } catch {
    return false;
  }
}
