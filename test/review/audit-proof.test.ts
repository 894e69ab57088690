/** Inclusion proofs: made of a record, checked without it, by both verifiers alike. */
import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { createNoteKey } from '../../src/journal/signed-note.ts';
import { proveEntry, verifyProof, type InclusionProof } from '../../src/review/audit-proof.ts';
import { root } from '../support/command.ts';
import { replacements } from './audit-both.ts';
import { journalPath, linesOf, makeSample, temporary, type Sample } from './audit-sample.ts';

const key = createNoteKey('ci.example');
const script = join(root, 'tools/verify.py');
const run = promisify(execFile);

function render(proof: InclusionProof): Buffer {
  return Buffer.from(`${JSON.stringify(proof, undefined, 2)}\n`);
}

async function prove(sample: Sample, seq: number): Promise<InclusionProof> {
  const proof = await proveEntry(sample.folder, seq);
  expect(proof.diagnostics).toEqual([]);
  return proof.value as InclusionProof;
}

/** What both verifiers answer to each text: `ok` or the code of the finding. */
async function answers(proofs: readonly Uint8Array[], verifierKey?: string): Promise<readonly string[]> {
  const folder = temporary();
  const paths = proofs.map((bytes, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, bytes);
    return path;
  });
  const ours = proofs.map((bytes) => verifyProof(bytes, 'proof', verifierKey === undefined ? {} : { verifierKey }).findings[0]?.code ?? 'ok');
  const { stdout } = await run('python3', ['-B', script, ...(verifierKey === undefined ? [] : ['--vkey', verifierKey]), '--proof', ...paths], {
    maxBuffer: 1 << 26,
  }).catch((error: { stdout: string }) => error);
  const theirs = stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^[^:]*: /, '').replace(/ proof:$/, ''));
  expect(theirs).toEqual(ours);
  return ours;
}

describe('every entry of a record', () => {
  test('has a proof of the shape of its schema, which holds for both', async () => {
    const sample = await makeSample({ key });
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/proof.schema.json'), 'utf8')));
    const lines = linesOf(journalPath(sample));
    const proofs: Buffer[] = [];
    for (const [index, line] of lines.entries()) {
      const proof = await prove(sample, index + 1);
      expect(validate(proof), JSON.stringify(validate.errors)).toBe(true);
      expect(proof).toMatchObject({ line, index, size: lines.length, execution: sample.execution });
      proofs.push(render(proof));
    }
    expect(await answers(proofs, key.verifierKey)).toEqual(lines.map(() => 'ok'));
    expect(await answers(proofs)).toEqual(lines.map(() => 'ok'));
    expect(verifyProof(proofs[1] as Buffer, 'proof', { expectRoot: sample.state.root, verifierKey: key.verifierKey })).toMatchObject({
      findings: [],
      entry: { seq: 2, kind: 'step-started' },
      root: sample.state.root,
      signature: { kind: 'verified', names: ['ci.example'] },
    });
    expect(verifyProof(proofs[1] as Buffer, 'proof', { expectRoot: '0'.repeat(64) }).findings.map(({ code }) => code)).toEqual(['review/unexpected-root']);
    expect(await answers(proofs, createNoteKey('ci.example').verifierKey)).toEqual(lines.map(() => 'review/checkpoint-unsigned'));
  });

  test('only of a record that is whole, and of an entry that is there', async () => {
    const sample = await makeSample();
    for (const seq of [7, 1_000_000])
      expect(await proveEntry(sample.folder, seq)).toMatchObject({ value: undefined, diagnostics: [{ code: 'cli/unknown-entry' }] });
    expect(await proveEntry((await makeSample({ stopBefore: 'checkpoint' })).folder, 1)).toMatchObject({
      value: undefined,
      diagnostics: [{ code: 'review/checkpoint-missing' }],
    });
    writeFileSync(journalPath(sample), linesOf(journalPath(sample)).slice(0, -1).join(''));
    const { value, diagnostics } = await proveEntry(sample.folder, 1);
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toContain('review/checkpoint-mismatch');
  });
});

describe('a proof that was changed', () => {
  test('any byte: it holds only where it says the same', async () => {
    const proof = await prove(await makeSample({ key }), 2);
    const good = render(proof);
    const mutants = [...good.entries()].flatMap(([offset, byte]) =>
      offset % 2 === 0
        ? replacements(byte, offset).map((replacement) => {
            const bytes = Buffer.from(good);
            bytes[offset] = replacement;
            return bytes;
          })
        : [],
    );
    expect(mutants.length).toBeGreaterThan(800);
    const found = await answers(mutants, key.verifierKey);
    for (const [index, code] of found.entries()) if (code === 'ok') expect(JSON.parse(mutants[index]?.toString() ?? '')).toEqual(proof);
    expect(new Set(found)).toEqual(new Set(['ok', 'review/proof-malformed', 'review/proof-mismatch', 'review/checkpoint-unsigned']));
  });

  test('its parts exchanged', async () => {
    const sample = await makeSample({ key });
    const [proof, other] = [await prove(sample, 2), await prove(sample, 3)];
    const foreign = await prove(await makeSample({ key }), 2);
    const changes: readonly (readonly [unknown, string])[] = [
      [{ ...proof, line: other.line }, 'review/proof-malformed'],
      [{ ...proof, line: other.line, index: other.index }, 'review/proof-mismatch'],
      [{ ...proof, line: proof.line.replace('Run ID', 'run id') }, 'review/proof-mismatch'],
      [{ ...proof, line: proof.line.trimEnd() }, 'review/proof-malformed'],
      [{ ...proof, line: proof.line.replace('Run ID', 'Run \ud800') }, 'review/proof-malformed'],
      [{ ...proof, hashes: proof.hashes.slice(1) }, 'review/proof-mismatch'],
      [{ ...proof, hashes: [...proof.hashes, proof.hashes[0]] }, 'review/proof-mismatch'],
      [{ ...proof, hashes: proof.hashes.toReversed() }, 'review/proof-mismatch'],
      [{ ...proof, hashes: proof.hashes.map((hash) => hash.toUpperCase()) }, 'review/proof-malformed'],
      [{ ...proof, hashes: {} }, 'review/proof-malformed'],
      [{ ...proof, hashes: [1] }, 'review/proof-malformed'],
      [{ ...proof, hashes: Array.from({ length: 65 }, () => '0'.repeat(64)) }, 'review/proof-malformed'],
      [{ ...proof, checkpoint: foreign.checkpoint }, 'review/proof-malformed'],
      [{ ...proof, checkpoint: foreign.checkpoint, execution: foreign.execution }, 'review/proof-malformed'],
      [{ ...foreign, hashes: proof.hashes, checkpoint: foreign.checkpoint }, 'review/proof-mismatch'],
      [{ ...proof, checkpoint: proof.checkpoint.split('\n\n')[0] }, 'review/proof-malformed'],
      [{ ...proof, checkpoint: `${proof.checkpoint.split('\n\n')[0]}\n` }, 'review/checkpoint-unsigned'],
      [{ ...proof, size: proof.size + 1 }, 'review/proof-malformed'],
      [{ ...proof, index: -1 }, 'review/proof-malformed'],
      [{ ...proof, index: 1.5 }, 'review/proof-malformed'],
      [{ ...proof, index: true }, 'review/proof-malformed'],
      [{ ...proof, schemaVersion: 2 }, 'review/proof-malformed'],
      [{ ...proof, schemaVersion: true }, 'review/proof-malformed'],
      [{ ...proof, more: 1 }, 'review/proof-malformed'],
      [{ ...proof, line: 7 }, 'review/proof-malformed'],
      [{ ...proof, line: undefined }, 'review/proof-malformed'],
      [[proof], 'review/proof-malformed'],
      [null, 'review/proof-malformed'],
    ];
    expect(
      await answers(
        changes.map(([value]) => Buffer.from(JSON.stringify(value))),
        key.verifierKey,
      ),
    ).toEqual(changes.map(([, code]) => code));
    const texts = ['', '{', '\ufeff{}', '[['.repeat(5_000), 'NaN', '{"line":1e999}', '\0'];
    expect(await answers([...texts.map((text) => Buffer.from(text)), Buffer.from([0xff])])).toEqual([...texts, 0].map(() => 'review/proof-malformed'));
  });
});

describe('Ed25519 without a library (RFC 8032)', () => {
  /** RFC 8032, 7.1: public key, message, signature. */
  const vectors = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
    [
      'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    ],
  ] as const;

  function verifyAll(cases: readonly (readonly [string, string, string])[]): readonly boolean[] {
    const code =
      'import json, sys; sys.path.insert(0, sys.argv[1]); from verify_format import verify_ed25519\nfor line in sys.stdin:\n    try:\n        print(json.dumps(verify_ed25519(*(bytes.fromhex(each) for each in json.loads(line)))))\n    except ValueError:\n        print("false")';
    const input = cases.map((each) => `${JSON.stringify(each)}\n`).join('');
    const printed = execFileSync('python3', ['-B', '-c', code, join(root, 'tools')], { input, encoding: 'utf8' });
    return printed
      .trim()
      .split('\n')
      .map((line) => line === 'true');
  }

  test('its vectors hold', () => {
    expect(verifyAll(vectors)).toEqual(vectors.map(() => true));
  });

  test('every changed byte of key, message and signature does not', () => {
    const [, , [key3, message, signature]] = vectors;
    const flip = (hex: string, at: number): string => {
      const bytes = Buffer.from(hex, 'hex');
      bytes[at] = (bytes[at] as number) ^ 1;
      return bytes.toString('hex');
    };
    const cases = [
      ...Array.from({ length: 32 }, (_, at) => [flip(key3, at), message, signature] as const),
      ...Array.from({ length: 2 }, (_, at) => [key3, flip(message, at), signature] as const),
      ...Array.from({ length: 64 }, (_, at) => [key3, message, flip(signature, at)] as const),
      [key3, message, signature.slice(0, -2)] as const,
      [key3, message, `${signature}00`] as const,
      [key3, message, ''] as const,
    ];
    expect(verifyAll(cases)).toEqual(cases.map(() => false));
  });

  test('a signature whose scalar is not reduced is none (5.1.7: malleability), nor a key that is no point of the curve', () => {
    const [[key1, message, signature]] = vectors;
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = Buffer.from(signature, 'hex');
    let scalar = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
    for (let at = 32; at < 64; at += 1, scalar >>= 8n) bytes[at] = Number(scalar & 255n);
    expect(
      verifyAll([
        [key1, message, bytes.toString('hex')],
        [`02${'00'.repeat(31)}`, message, signature],
        ['ff'.repeat(32), message, signature],
      ]),
    ).toEqual([false, false, false]);
  });

  test('law: what node signs holds, of any length', () => {
    const cases = Array.from({ length: 40 }, (_, index) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const message = Buffer.alloc(index * 7, index);
      return [
        publicKey.export({ type: 'spki', format: 'der' }).subarray(12).toString('hex'),
        message.toString('hex'),
        sign(null, message, privateKey).toString('hex'),
      ] as const;
    });
    expect(verifyAll(cases)).toEqual(cases.map(() => true));
  });
});

test('the second verifier is short, and needs no library', () => {
  for (const name of ['verify.py', 'verify_format.py']) {
    const text = readFileSync(join(root, 'tools', name), 'utf8');
    expect(text.split('\n').length).toBeLessThan(300);
    const modules = [...text.matchAll(/^(?:import|from) (.+?)(?: import .*)?$/gm)].flatMap(([, list = '']) => list.split(', '));
    for (const module of modules)
      expect(['argparse', 'base64', 'functools', 'hashlib', 'json', 'os', 'posixpath', 're', 'stat', 'sys', 'verify_format']).toContain(module);
  }
});
