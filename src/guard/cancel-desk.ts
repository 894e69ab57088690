// Cancel requests of clients (protocol chapter "Canceling Requests in Progress"). A client gets a key of the gateway's own: with the
// server's it could cancel round the gateway. A storm of requests for one session becomes two at the server: the one under way, and one
// that begins after the last request came.
import { randomBytes } from 'node:crypto';
import type { DatabaseAddress } from '../model/environment.ts';
import { cancelUpstream, type Upstream } from './database-login.ts';

interface Cancelling {
  readonly now: Promise<void>;
  next?: Promise<void>;
}

export class CancelDesk {
  readonly #address: DatabaseAddress;
  readonly #keys = new Map<string, Upstream>();
  readonly #cancelling = new Map<Upstream, Cancelling>();

  constructor(address: DatabaseAddress) {
    this.#address = address;
  }

  /** BackendKeyData's body for a new session, and how to forget it. */
  register(upstream: Upstream, keyLength: number): { readonly keyData: Buffer; readonly forget: () => void } {
    const keyData = Buffer.concat([Buffer.alloc(4), randomBytes(keyLength)]);
    keyData.writeInt32BE(upstream.processId, 0);
    const key = keyData.toString('hex');
    this.#keys.set(key, upstream);
    return { keyData, forget: () => this.#keys.delete(key) };
  }

  /** Resolves when the server has been told; at once for a key that is not known. */
  async cancel(processId: number, secretKey: Buffer): Promise<void> {
    const number = Buffer.alloc(4);
    number.writeInt32BE(processId, 0);
    const upstream = this.#keys.get(number.toString('hex') + secretKey.toString('hex'));
    if (upstream !== undefined) await this.#send(upstream);
  }

  #send(upstream: Upstream): Promise<void> {
    const running = this.#cancelling.get(upstream);
    if (running !== undefined) {
      running.next ??= running.now.then(() => this.#send(upstream));
      return running.next;
    }
    const now = cancelUpstream(this.#address, upstream).finally(() => this.#cancelling.delete(upstream));
    this.#cancelling.set(upstream, { now });
    return now;
  }
}
