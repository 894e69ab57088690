/** `key new` and `key show`: a key that its owner alone can use, and a clear word about everything that is none. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseVerifierKey } from '../../src/journal/signed-note.ts';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function pem(key: { export: (options: { type: 'pkcs8'; format: 'pem' }) => string | Buffer }): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

describe('key new', () => {
  test('makes a file for its owner alone and prints what a stranger needs', async () => {
    const cwd = temporaryFolder();
    const end = await command(['key', 'new', '--name', 'ci.example', '--out', 'ci.key'], { cwd });
    expect(end.exitCode).toBe(0);
    expect(end.stdout).toMatch(/^ci\.example\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}\n$/);
    expect(parseVerifierKey(end.stdout.trim())?.name).toBe('ci.example');
    expect(end.stderr).toContain('keep it out of version control');
    expect(statSync(join(cwd, 'ci.key')).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(cwd, 'ci.key'), 'utf8');
    expect(text).toMatch(/^proofplan key: ci\.example\n-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n$/);
    expect(end.stdout + end.stderr).not.toContain(text.split('\n')[2]);
    expect(await command(['key', 'show', 'ci.key'], { cwd })).toEqual({ exitCode: 0, stdout: end.stdout, stderr: '' });
    // PEM as it is: the line before it is no hindrance.
    expect(createPrivateKey(text).asymmetricKeyType).toBe('ed25519');
  });

  test('the mode does not depend on the umask', async () => {
    const cwd = temporaryFolder();
    const before = process.umask(0);
    await command(['key', 'new'], { cwd }).finally(() => process.umask(before));
    expect(statSync(join(cwd, 'proofplan.key')).mode & 0o777).toBe(0o600);
  });

  test('never overwrites: not a key, not through a link', async () => {
    const cwd = temporaryFolder();
    await command(['key', 'new'], { cwd });
    const first = readFileSync(join(cwd, 'proofplan.key'));
    symlinkSync('elsewhere', join(cwd, 'link.key'));
    for (const out of ['proofplan.key', 'link.key']) {
      const end = await command(['key', 'new', '--out', out], { cwd });
      expect(end).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(`error[cli/file-exists]: \`${out}\` is already there`) });
    }
    expect(readFileSync(join(cwd, 'proofplan.key'))).toEqual(first);
    expect(readdirSync(cwd).toSorted()).toEqual(['link.key', 'proofplan.key']);
  });

  test('a folder that is not there, and names that are none', async () => {
    const cwd = temporaryFolder();
    expect(await command(['key', 'new', '--out', 'gone/ci.key'], { cwd })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('error[cli/unwritable-file]'),
    });
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b', 'a\nb', 'a\u001bb']) {
      expect(await command(['key', 'new', '--name', name], { cwd })).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringContaining('error[cli/usage]'),
      });
    }
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('key show says what is wrong', () => {
  const ed25519 = generateKeyPairSync('ed25519');
  const named = `proofplan key: ci.example\n${pem(ed25519.privateKey)}`;
  const publicPem = String(ed25519.publicKey.export({ type: 'spki', format: 'pem' }));
  const encrypted = String(ed25519.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }));
  test.each([
    ['an RSA key', `proofplan key: a\n${pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)}`, 'holds a key of the kind rsa, not Ed25519'],
    ['an EC key', `proofplan key: a\n${pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)}`, 'holds a key of the kind ec, not Ed25519'],
    ['an X25519 key', `proofplan key: a\n${pem(generateKeyPairSync('x25519').privateKey)}`, 'holds a key of the kind x25519, not Ed25519'],
    ['an Ed448 key', `proofplan key: a\n${pem(generateKeyPairSync('ed448').privateKey)}`, 'holds a key of the kind ed448, not Ed25519'],
    ['a public key', `proofplan key: a\n${publicPem}`, 'holds a public key, which cannot sign'],
    ['a verifier key', 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n', 'holds a public key, which cannot sign'],
    ['an encrypted key', `proofplan key: a\n${encrypted}`, 'holds an encrypted key'],
    ['a key of ssh', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n-----END OPENSSH PRIVATE KEY-----\n', 'holds a key of ssh'],
    ['garbage', 'x'.repeat(100), 'holds no key in PEM'],
    ['bytes', Buffer.from([0, 255, 254, 1]), 'holds no key in PEM'],
    ['nothing', '', 'is empty'],
    ['white space', '\n \n', 'is empty'],
    ['a cut key', named.slice(0, -60), 'holds a damaged key'],
    ['a key without a name', pem(ed25519.privateKey), 'does not say how the key is called'],
    ['a key whose name is none', named.replace('ci.example', 'a+b'), 'gives the key a name with white space'],
    ['a file of megabytes', 'x'.repeat(1 << 20), 'is too large for a key'],
  ])('%s', async (_, content, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a.key'), content, { mode: 0o600 });
    const end = await command(['key', 'show', 'a.key'], { cwd });
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr).toContain(`error[cli/key-unusable]: \`a.key\` ${message}`);
    expect(end.stderr).toContain('= help: ');
    // Nothing of a key gets into a message.
    for (const line of String(content).split('\n')) if (line.length > 30 && /^[A-Za-z0-9+/=]+$/.test(line)) expect(end.stderr).not.toContain(line.slice(0, 30));
  });

  test.each([0o640, 0o604, 0o660, 0o610, 0o601])('a file of mode %o', async (mode) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a.key'), named);
    chmodSync(join(cwd, 'a.key'), mode);
    const end = await command(['key', 'show', 'a.key'], { cwd });
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr).toContain(`can be used by others than its owner (mode ${mode.toString(8)})`);
    expect(end.stderr).toContain('`chmod 600 a.key`');
  });

  test('a folder, a named pipe, nothing at all', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'folder'), { mode: 0o700 });
    execFileSync('mkfifo', ['-m', '600', join(cwd, 'pipe')]);
    for (const [name, message] of [
      ['folder', 'is a folder'],
      ['pipe', 'is not a regular file'],
      ['gone', 'cannot be read: ENOENT'],
    ] as const)
      expect(await command(['key', 'show', name], { cwd })).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringContaining(`\`${name}\` ${message}`),
      });
  });

  test('a key of mode 400, with Windows line ends, through a link: as good as any', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a.key'), named.replaceAll('\n', '\r\n'), { mode: 0o400 });
    symlinkSync('a.key', join(cwd, 'link.key'));
    expect(await command(['key', 'show', 'link.key'], { cwd })).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^ci\.example\+/) });
  });
});
