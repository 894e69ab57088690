/** Has the server parse and describe a statement without executing it: extended protocol, Parse, Describe, Sync. */
import type { Client, Connection } from 'pg';

interface ParseConnection {
  readonly parse: (query: { readonly name: string; readonly text: string; readonly types: readonly number[] }) => void;
  readonly describe: (target: { readonly type: 'S'; readonly name: string }) => void;
  readonly sync: () => void;
}

/** Resolves when the statement can be prepared; rejects with the server's error, or with the connection's. */
export function prepareOnly(client: Client, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const preparation = {
      submit: (connection: Connection) => {
        const wire = connection as unknown as ParseConnection;
        wire.parse({ name: '', text, types: [] });
        wire.describe({ type: 'S', name: '' });
        wire.sync();
      },
      callback: () => undefined,
      handleRowDescription: () => undefined,
      handleError: (error: Error) => reject(error),
      handleReadyForQuery: () => resolve(),
    };
    client.query(preparation);
  });
}
