import { describe, expect, test } from 'vitest';
import { checkpointOrigin, parseCheckpoint, renderCheckpoint } from '../../src/journal/checkpoint.ts';
import { createNoteKey, parseNote, parseVerifierKey, signNote, verifyNote } from '../../src/journal/signed-note.ts';

const root = 'ab'.repeat(32);
const checkpoint = { origin: checkpointOrigin('2026-02-09T12-00-00Z-abcdef'), size: 17, root };
const text = `proofplan/2026-02-09T12-00-00Z-abcdef\n17\n${Buffer.from(root, 'hex').toString('base64')}\n`;

describe('signed notes', () => {
  /** The example of golang.org/x/mod/sumdb/note, where the format comes from. */
  const verifierKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

  test("the format's own example verifies", () => {
    const parsed = parseNote(note);
    expect(parsed?.signatures.map(({ name }) => name)).toEqual(['PeterNeumann']);
    expect(parsed && verifyNote(parsed, verifierKey)).toBe(true);
  });

  test('every changed character of text or signature is found', () => {
    for (let place = 0; place < note.length; place += 1) {
      const changed = note.slice(0, place) + (note[place] === 'A' ? 'B' : 'A') + note.slice(place + 1);
      const parsed = parseNote(changed);
      expect(parsed !== undefined && verifyNote(parsed, verifierKey), `place ${place}`).toBe(false);
    }
  });

  test('another key, a key of another kind, and a key whose hash does not fit do not verify', () => {
    const parsed = parseNote(note);
    const others = [
      createNoteKey('PeterNeumann').verifierKey,
      verifierKey.replace('c74f20a3', 'c74f20a4'),
      verifierKey.replace('+AR', '+BR'),
      'PeterNeumann',
      '',
    ];
    for (const other of others) expect(parsed && verifyNote(parsed, other), other).toBe(false);
  });

  test('signatures of unknown keys are passed over, a wrong one of the known key is not', () => {
    const [known, unknown] = [createNoteKey('known'), createNoteKey('unknown')];
    const both = signNote(text, unknown) + signNote(text, known).slice(text.length + 1);
    const parsed = parseNote(both);
    expect(parsed?.signatures).toHaveLength(2);
    expect(parsed && verifyNote(parsed, known.verifierKey)).toBe(true);
    const forged = parseNote(both + signNote(`${text}x\n`, known).slice(text.length + 3));
    expect(forged?.signatures).toHaveLength(3);
    expect(forged && verifyNote(forged, known.verifierKey)).toBe(false);
  });

  test('every verifier key with a changed character is none', () => {
    expect(parseVerifierKey(verifierKey)?.name).toBe('PeterNeumann');
    for (let place = 0; place < verifierKey.length; place += 1) {
      for (const other of ['A', 'B', '+', ' ', '=', '\n']) {
        if (verifierKey[place] === other) continue;
        expect(parseVerifierKey(verifierKey.slice(0, place) + other + verifierKey.slice(place + 1)), `${other} at ${place}`).toBeUndefined();
      }
    }
  });

  test('names with the separators of the format, and texts without a line end, are refused', () => {
    expect(() => createNoteKey('a+b')).toThrow(TypeError);
    expect(() => createNoteKey('a b')).toThrow(TypeError);
    expect(() => signNote('no line end', createNoteKey('a'))).toThrow(TypeError);
  });
});

describe('checkpoints', () => {
  test('are three lines, the root in base64', () => {
    expect(renderCheckpoint(checkpoint)).toBe(text);
    expect(parseCheckpoint(text)).toEqual({ checkpoint, note: { text, signatures: [] } });
  });

  test('the example of the C2SP page is read', () => {
    const example = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    expect(parseCheckpoint(example)?.checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
  });

  test('the same with its signature line, which must be in the one form of base64', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const line = '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
    expect(parseCheckpoint(`${text}\n${line}`)).toMatchObject({
      checkpoint: { size: 20_852_163 },
      note: { text, signatures: [{ name: 'example.com/behind-the-sofa' }] },
    });
    // One by a cosigner more, of a kind that is not known here.
    const cosigned = `${text}\n${line}— witness.example/w1 ${Buffer.alloc(76, 7).toString('base64')}\n`;
    expect(parseCheckpoint(cosigned)?.note.signatures).toHaveLength(2);
    for (const bad of [
      line.replace('8=', '9='),
      line.replace('8=', '8'),
      line.replace('8=', '8=='),
      line.replace('— ', '- '),
      line.replace(' Az', '  Az'),
      `${line}\n`,
      line.replace('sofa A', 'so\u0085fa A'),
    ])
      expect(parseCheckpoint(`${text}\n${bad}`), bad).toBeUndefined();
  });

  test('signed ones are read with their note', () => {
    const key = createNoteKey('proofplan');
    const signed = parseCheckpoint(renderCheckpoint(checkpoint, key));
    expect(signed?.checkpoint).toEqual(checkpoint);
    expect(signed && verifyNote(signed.note, key.verifierKey)).toBe(true);
  });

  test.each([
    ['no line end', text.slice(0, -1)],
    ['a leading zero', text.replace('\n17\n', '\n017\n')],
    ['a negative size', text.replace('\n17\n', '\n-17\n')],
    ['a short root', text.replace(/=\n$/, '\n')],
    ['a root with stray bits', text.replace(/s=\n$/, 't=\n')],
    ['a further line', `${text}extension\n`],
    ['Windows line ends', text.replaceAll('\n', '\r\n')],
    ['nothing', ''],
  ])('%s is none', (_, bad) => {
    expect(bad).not.toBe(text);
    expect(parseCheckpoint(bad)).toBeUndefined();
  });
});
