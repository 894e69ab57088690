import { resolve } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { changedDocuments } from './check-integrity.ts';
import { markFile } from './file-mark.ts';

/**
 * The documents that are executed, looked at between steps and at the end. What was changed once is told to the end, also where it was
 * changed back.
 */
export class DocumentWatch {
  readonly #documents: ReadonlyMap<string, string>;
  readonly #signs = new Map<string, string>();
  readonly #found = new Map<string, Diagnostic>();

  /** By path and digest, as `readDocuments` gives them. */
  constructor(documents: ReadonlyMap<string, string>) {
    this.#documents = documents;
  }

  /** Everything that was found so far. Reads a file only when its times or its place have moved, or when `thorough`. */
  async look({ thorough = false }: { readonly thorough?: boolean } = {}): Promise<readonly Diagnostic[]> {
    for (const [path, sha256] of this.#documents) {
      const { sign, young } = markFile(resolve(path), () => false);
      if (!thorough && this.#signs.get(path) === sign) continue;
      const [changed] = await changedDocuments(new Map([[path, sha256]]));
      if (changed && !this.#found.has(path)) this.#found.set(path, changed);
      if (!young) this.#signs.set(path, sign);
    }
    return [...this.#found.values()];
  }
}
