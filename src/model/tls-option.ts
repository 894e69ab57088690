import type { DatabaseAddress } from './environment.ts';

/** What `tls.connect` is to be told; the names are Node's. */
export interface TlsOption {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** The encryption of an address, as a client of Node takes it: false, or what is checked of the server's certificate (libpq, "SSL Support"). */
export function tlsOption({ tls, certificate, authority }: DatabaseAddress): false | TlsOption {
  if (!tls) return false;
  if (certificate === undefined) return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(authority === undefined ? {} : { ca: authority.pem }),
    ...(certificate === 'chain' ? { checkServerIdentity: () => undefined } : {}),
  };
}
