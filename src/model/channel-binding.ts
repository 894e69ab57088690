/** What a login shows of itself while it goes on; the names are those of node-postgres. */
interface LoginConnection {
  readonly stream: { readonly destroy: () => unknown };
  readonly emit: (event: 'error', error: Error) => unknown;
  readonly on: (event: string, listener: (message: { readonly mechanisms?: readonly string[] }) => void) => unknown;
}

export const bindingRefused = 'the server does not bind the login to the TLS connection (SCRAM-SHA-256-PLUS), which `channel_binding=require` demands';

/**
 * Ends a login that the server would let in, or ask for a password, without binding it to the TLS connection (RFC 5802, section 6; libpq,
 * `channel_binding=require`): before anything of the password is sent. To be called before the login begins.
 */
export function demandBinding(connection: LoginConnection): void {
  let bound = false;
  const end = (): void => {
    connection.emit('error', new Error(bindingRefused));
    connection.stream.destroy();
  };
  connection.on('authenticationSASL', ({ mechanisms }) => {
    bound = mechanisms?.includes('SCRAM-SHA-256-PLUS') === true;
    if (!bound) end();
  });
  for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password']) connection.on(event, end);
  connection.on('authenticationOk', () => (bound ? undefined : end()));
}
