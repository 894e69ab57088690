import type { Socket } from 'node:net';

/** Nobody needs more than this before the login is over. */
const heldLimit = 32 * 1024;

/** A socket's bytes during the login, taken in the amounts that the conversation needs. */
export class ClientIntake {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #gone = false;
  #wake: () => void = () => undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > heldLimit) this.#socket.pause();
    this.#wake();
  };
  readonly #onGone = (): void => {
    this.#gone = true;
    this.#wake();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onGone);
    socket.on('close', this.#onGone);
  }

  /** Exactly so many bytes; undefined when the client sends no more. */
  async take(size: number): Promise<Buffer | undefined> {
    while (this.#bytes.length < size) {
      if (this.#gone) return undefined;
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }

  /** Has the client gone, or said that it will send no more? */
  get gone(): boolean {
    return this.#gone;
  }

  /** Lets go of the socket, paused, and gives what was not taken. */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onGone);
    this.#socket.off('close', this.#onGone);
    return this.#bytes;
  }
}
