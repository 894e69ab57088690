/** Gathers bytes for one socket, so that what arrived in one chunk leaves in one write. Slices that lie side by side stay uncopied. */
import type { Duplex } from 'node:stream';

export class Outbox {
  readonly #parts: Buffer[] = [];

  add(bytes: Buffer): void {
    const last = this.#parts.at(-1);
    if (last !== undefined && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
      this.#parts[this.#parts.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + bytes.length);
    } else {
      this.#parts.push(bytes);
    }
  }

  flush(socket: Duplex): void {
    if (this.#parts.length === 0) return;
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts.length = 0;
    if (socket.writable) socket.write(bytes);
  }
}
