/** What a login that failed means (SQLSTATE, PostgreSQL appendix A; OpenSSL's and Node's names for certificates), and the one thing to do next. */
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { bindingRefused } from '../model/channel-binding.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { renderShellWord } from '../model/shell-word.ts';
import { cannot } from './finding.ts';
import { startupRefused } from './pooler.ts';

export function explainLogin(address: DatabaseAddress, thrown: unknown): Checked<never> {
  const place = placeOf(address);
  const message = messageOf(thrown);
  const notes = [message];
  const code = codeOf(thrown);
  if (isCertificateTrouble(code)) return certificateRefused(place, code, notes);
  if (message === bindingRefused) {
    return cannot('environment/login-refused', `the server at ${place} lets \`${address.user}\` in without binding the login to the TLS connection`, {
      notes,
      help: 'store the password as SCRAM-SHA-256 and ask for `scram-sha-256` in `pg_hba.conf`, or leave `channel_binding=require` out',
    });
  }
  if (/unsupported startup parameter/.test(message)) return { value: undefined, diagnostics: [startupRefused(address, message)] };
  // A pooler says it under a code of its own (08P01).
  switch (/authentication failed/.test(message) ? '28P01' : code) {
    case '28P01':
    case '28000':
      if (/no encryption/.test(message)) {
        return cannot('environment/login-refused', `the server at ${place} lets \`${address.user}\` in by TLS only`, {
          notes,
          help: 'write `sslmode=require`, or `sslmode=verify-full` with `sslrootcert`',
        });
      }
      if (/SSL encryption/.test(message)) {
        return cannot('environment/login-refused', `the server at ${place} lets \`${address.user}\` in without TLS only`, {
          notes,
          help: 'write `sslmode=disable`',
        });
      }
      return cannot('environment/login-refused', `the server at ${place} refuses the user \`${address.user}\` or its password`, {
        notes,
        help: "correct user and password, or the server's `pg_hba.conf`",
      });
    case '3D000':
      return cannot('environment/no-such-database', `the server at ${place} has no database \`${address.database}\``, {
        notes,
        help: `create it (\`createdb -h ${renderShellWord(address.host)} -p ${address.port} -U ${renderShellWord(address.user)} ${renderShellWord(address.database)}\`), or correct the name`,
      });
    case '42501':
      return cannot('environment/login-refused', `the user \`${address.user}\` may not connect to the database \`${address.database}\` at ${place}`, {
        notes,
        help: 'grant it CONNECT',
      });
    default:
      return cannot('environment/unreachable', `the database at ${place} cannot be used`, {
        notes,
        help: "see the server's log, or name another database with --database",
      });
  }
}

function certificateRefused(place: string, code: string, notes: readonly string[]): Checked<never> {
  if (/ALTNAME/.test(code)) {
    return cannot('environment/no-tls', `the certificate of the server at ${place} is that of another host`, {
      notes,
      help: 'name the host as the certificate does, or write `sslmode=verify-ca`',
    });
  }
  if (/EXPIRED|NOT_YET_VALID/.test(code)) {
    return cannot('environment/no-tls', `the certificate of the server at ${place} is not valid today`, { notes, help: 'renew it at the server' });
  }
  return cannot('environment/no-tls', `the certificate of the server at ${place} is not trusted`, {
    notes,
    help: "name the file of its authority: `sslrootcert=/path/to/root.crt` in the URL's query",
  });
}

export function isCertificateTrouble(code: string): boolean {
  return /CERT|ALTNAME|UNABLE_TO_VERIFY/.test(code);
}

export function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}

export function placeOf(address: DatabaseAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
