// SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677), for the throw-away tokens of steps. No channel binding: the
// listener is on the loopback and speaks no TLS. Keeps no password, only the keys derived from it.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** What a server stores of a password (RFC 5802, section 3): enough to check a proof, not to make one. */
export interface ScramSecret {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** RFC 7677 asks for 4096 at least, and some clients insist; a token of 192 bits needs no more. */
const iterations = 4096;

const derive = promisify(pbkdf2);

export async function deriveScramSecret(password: string): Promise<ScramSecret> {
  const salt = randomBytes(16);
  const salted = await derive(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    salt,
    iterations,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

/** A secret that no password fits: an unknown user gets the same conversation, and the same end, as a wrong token. */
export function unfittingScramSecret(): ScramSecret {
  return { salt: randomBytes(16), iterations, storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

/** One conversation: `first` answers the client's first message, `final` its proof; undefined ends it unauthenticated. */
export class ScramExchange {
  readonly #secret: ScramSecret;
  #gs2Header = '';
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';

  constructor(secret: ScramSecret) {
    this.#secret = secret;
  }

  first(message: string): string | undefined {
    const parts = /^([ny],[^,]*,)((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(message);
    if (parts === null || parts[2]?.startsWith('m=')) return undefined;
    this.#gs2Header = parts[1] ?? '';
    this.#clientFirstBare = parts[2] ?? '';
    this.#nonce = `${parts[3] ?? ''}${randomBytes(18).toString('base64')}`;
    this.#serverFirst = `r=${this.#nonce},s=${this.#secret.salt.toString('base64')},i=${this.#secret.iterations}`;
    return this.#serverFirst;
  }

  final(message: string): string | undefined {
    const parts = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/.exec(message);
    if (parts === null || this.#nonce === '') return undefined;
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] = parts;
    if (Buffer.from(binding, 'base64').toString('utf8') !== this.#gs2Header || nonce !== this.#nonce) return undefined;
    const proof = Buffer.from(proofText, 'base64');
    if (proof.length !== this.#secret.storedKey.length) return undefined;
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const signature = createHmac('sha256', this.#secret.storedKey).update(authMessage).digest();
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    const fits = timingSafeEqual(createHash('sha256').update(clientKey).digest(), this.#secret.storedKey);
    if (!fits) return undefined;
    return `v=${createHmac('sha256', this.#secret.serverKey).update(authMessage).digest('base64')}`;
  }
}
