import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveScramSecret, ScramExchange, unfittingScramSecret } from '../../src/guard/scram.ts';

interface Conversation {
  readonly header?: string;
  readonly bare?: string;
  readonly password?: string;
  readonly alter?: (final: string) => string;
}

/** The client's side of RFC 5802, by the letter; answers with the server's last word and the one that the client expects. */
async function converse(
  exchange: ScramExchange,
  { header = 'n,,', bare = 'n=,r=clientnonce', password = 'pencil', alter = (final) => final }: Conversation,
): Promise<{ readonly answer: string | undefined; readonly expected: string }> {
  const first = exchange.first(header + bare);
  if (first === undefined) return { answer: undefined, expected: '' };
  const { r = '', s = '', i = '' } = Object.fromEntries(first.split(',').map((part) => [part[0], part.slice(2)]));
  const salted = pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256');
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${r}`;
  const authMessage = `${bare},${first},${withoutProof}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
  const answer = exchange.final(alter(`${withoutProof},p=${proof.toString('base64')}`));
  return { answer, expected: `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}` };
}

test('the right password is proved, and the server proves itself', async () => {
  const secret = await deriveScramSecret('pencil');
  for (const header of ['n,,', 'y,,', 'n,a=other,']) {
    const { answer, expected } = await converse(new ScramExchange(secret), { header });
    expect(answer).toBe(expected);
  }
});

test.each<readonly [string, Conversation]>([
  ['another password', { password: 'pencil ' }],
  ['channel binding, which is not offered', { header: 'p=tls-unique,,' }],
  ['a mandatory extension', { bare: 'm=x,n=,r=clientnonce' }],
  ['no nonce', { bare: 'n=,r=' }],
  ['another nonce at the end', { alter: (final) => final.replace('r=clientnonce', 'r=clientnoncE') }],
  ['another header at the end', { alter: (final) => final.replace(/^c=[^,]*/, `c=${Buffer.from('y,,').toString('base64')}`) }],
  ['a proof of another length', { alter: (final) => final.replace(/p=.*$/, 'p=AAAA') }],
  ['an empty last message', { alter: () => '' }],
])('%s is no proof', async (_name, conversation) => {
  expect((await converse(new ScramExchange(await deriveScramSecret('pencil')), conversation)).answer).toBeUndefined();
});

test('an unknown user gets the same conversation, and no end to it', async () => {
  expect((await converse(new ScramExchange(unfittingScramSecret()), {})).answer).toBeUndefined();
});

test('a proof without a beginning is none, and two secrets of one password differ', async () => {
  const [first, second] = [await deriveScramSecret('pencil'), await deriveScramSecret('pencil')];
  expect(new ScramExchange(first).final('c=biws,r=x,p=AAAA')).toBeUndefined();
  expect(first.storedKey).not.toEqual(second.storedKey);
});
