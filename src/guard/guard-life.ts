// Is the guard still able to guard? Says so once, when it is not.
import type { DatabaseAddress } from '../model/environment.ts';
import { meansServerGone, readOnlySettings, type DatabaseLogin } from './database-login.ts';

/** `died` rejects when the listener is gone or the server cannot be reached any more; never after `end`. */
export class GuardLife {
  readonly died: Promise<never>;
  readonly #login: DatabaseLogin;
  readonly #database: DatabaseAddress;
  #reject: (error: Error) => void = () => undefined;
  #over = false;
  #asking = false;

  constructor(login: DatabaseLogin, database: DatabaseAddress) {
    this.#login = login;
    this.#database = database;
    this.died = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Nobody has to wait for it; node must not end the runner over it.
    this.died.catch(() => undefined);
  }

  readonly fail = (reason: string): void => {
    if (!this.#over) this.#reject(new Error(reason));
    this.#over = true;
  };

  /** A session was lost or a login failed: one more login tells whether the server is gone. */
  readonly suspect = (reason: string): void => {
    if (this.#over || this.#asking) return;
    this.#asking = true;
    void this.#ask(reason).finally(() => {
      this.#asking = false;
    });
  };

  end(): void {
    this.#over = true;
  }

  async #ask(reason: string): Promise<void> {
    try {
      const client = await this.#login.open(this.#database, readOnlySettings);
      await client.end();
    } catch (error) {
      if (meansServerGone(error)) this.fail(`the database server is gone: ${reason}`);
    }
  }
}
