/** C2SP signed notes (c2sp.org/signed-note) with Ed25519: a text that ends in a line feed, an empty line, signature lines. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';

/** A key that signs. `privateKey` is PKCS #8 in PEM; `verifierKey` is what a stranger needs: `name+hash+base64`. */
export interface NoteKey {
  readonly name: string;
  readonly privateKey: string;
  readonly verifierKey: string;
}

interface NoteSignature {
  readonly name: string;
  /** Four bytes that say which key, then Ed25519's 64. */
  readonly bytes: Buffer;
}

export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ed25519 = 0x01;
const keyIdLength = 4;
const publicKeyLength = 32;
/** SubjectPublicKeyInfo of Ed25519 (RFC 8410) up to the 32 bytes of the key. */
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const signatureMark = '— ';
/** The separators of notes and verifier keys: every white space of Unicode, and the plus sign. */
const namePattern = /^[^+\s\u0085]+$/u;
const signaturePattern = /^— ([^+\s\u0085]+) (\S+)$/u;

/** A new Ed25519 key. A name has no white space and no plus sign (the separators of notes and verifier keys). */
export function createNoteKey(name: string): NoteKey {
  if (!isKeyName(name)) throw new TypeError(`a key's name has no white space and no plus sign: ${JSON.stringify(name)}`);
  return noteKeyOf(name, generateKeyPairSync('ed25519').privateKey);
}

/** The key under its name. Throws a TypeError for a key of another kind than Ed25519, or a name that is none. */
export function noteKeyOf(name: string, privateKey: KeyObject): NoteKey {
  if (!isKeyName(name) || privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('a note is signed with an Ed25519 key that has a name');
  const raw = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(publicKeyPrefix.length);
  return { name, privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), verifierKey: renderVerifierKey(name, raw) };
}

/** May a key have this name? Control characters would end a line of the note, or reach a terminal. */
export function isKeyName(name: string): boolean {
  return namePattern.test(name) && !/\p{Cc}/u.test(name);
}

function keyId(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Uint8Array.of(ed25519)).update(publicKey).digest().subarray(0, keyIdLength);
}

function renderVerifierKey(name: string, publicKey: Uint8Array): string {
  return `${name}+${keyId(name, publicKey).toString('hex')}+${Buffer.concat([Uint8Array.of(ed25519), publicKey]).toString('base64')}`;
}

/** The bytes of a base64 text in the one form that is written: padded, without stray bits. */
function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The parts of a verifier key, or undefined when it is not one of Ed25519 or its hash does not fit. */
export function parseVerifierKey(verifierKey: string): { readonly name: string; readonly id: Buffer; readonly publicKey: Buffer } | undefined {
  const parts = /^([^+\s\u0085]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(verifierKey);
  const [, name = '', id = '', text = ''] = parts ?? [];
  const bytes = parseBase64(text);
  if (bytes?.length !== 1 + publicKeyLength || bytes[0] !== ed25519) return undefined;
  const publicKey = bytes.subarray(1);
  return keyId(name, publicKey).toString('hex') === id ? { name, id: Buffer.from(id, 'hex'), publicKey } : undefined;
}

/** The text with one signature line. The text must end in a line feed and have no empty line at its end. */
export function signNote(text: string, key: NoteKey): string {
  const parts = parseVerifierKey(key.verifierKey);
  if (parts === undefined || !text.endsWith('\n')) throw new TypeError('a note is a text that ends in a line feed, signed with an Ed25519 key');
  const signature = sign(null, Buffer.from(text), createPrivateKey(key.privateKey));
  return `${text}\n${signatureMark}${key.name} ${Buffer.concat([parts.id, signature]).toString('base64')}\n`;
}

/** The text and signatures of a note; undefined when it has not the form. A text without an empty line has no signatures. */
export function parseNote(note: string): SignedNote | undefined {
  if (!note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(note)) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split === -1) return { text: note, signatures: [] };
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const [, name = '', text = ''] = signaturePattern.exec(line) ?? [];
    const bytes = parseBase64(text);
    if (name === '' || bytes === undefined || bytes.length <= keyIdLength) return undefined;
    signatures.push({ name, bytes });
  }
  return { text: note.slice(0, split + 1), signatures };
}

/** Whether the holder of this verifier key signed the note. Signatures of unknown keys are passed over, as C2SP demands. */
export function verifyNote(note: SignedNote, verifierKey: string): boolean {
  const parts = parseVerifierKey(verifierKey);
  if (parts === undefined) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([publicKeyPrefix, parts.publicKey]), format: 'der', type: 'spki' });
  const own = note.signatures.filter((signature) => signature.name === parts.name && signature.bytes.subarray(0, keyIdLength).equals(parts.id));
  return own.length > 0 && own.every((signature) => verify(null, Buffer.from(note.text), publicKey, signature.bytes.subarray(keyIdLength)));
}
