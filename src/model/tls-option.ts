import type { DatabaseAddress } from './environment.ts';

/** What `tls.connect` is to be told; the names are Node's. */
export interface TlsOption {
  readonly rejectUnauthorized: boolean;
  /** Whose name the certificate must have. Without it, Node compares with `localhost` where the address is a number. */
  readonly host: string;
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** The encryption of an address, as a client of Node takes it: false, or what is checked of the server's certificate (libpq, "SSL Support"). */
export function tlsOption({ host, tls, certificate, authority }: DatabaseAddress): false | TlsOption {
  if (!tls) return false;
  if (certificate === undefined) return { rejectUnauthorized: false, host };
  return {
    rejectUnauthorized: true,
    host,
    ...(authority === undefined ? {} : { ca: authority.pem }),
    ...(certificate === 'chain' ? { checkServerIdentity: () => undefined } : {}),
  };
}
