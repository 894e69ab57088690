/** The one redactor of an execution. Its readers hold it for good; what it masks can grow by the token of the step under way. */
import { createRedactor, shortestSecret } from '../model/redaction.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Redactor } from '../model/redactor.ts';
import type { Binding } from '../model/value.ts';
import { renderOrigin } from './binding-store.ts';

export interface SecretSet {
  readonly redactor: Redactor;
  /** For the whole execution: inputs are known before the environment is, passwords only after it. */
  readonly add: (secrets: readonly string[]) => void;
  /** A step's token, masked until the next one takes its place: it is worth nothing once its step has ended. */
  readonly lend: (token: string | undefined) => void;
}

export function createSecretSet(): SecretSet {
  const lasting = new Set<string>();
  let lent: string | undefined;
  let current = createRedactor([]);
  const renew = (): void => {
    current = createRedactor(lent === undefined ? [...lasting] : [...lasting, lent]);
  };
  return {
    redactor: { text: (text) => current.text(text), stream: () => current.stream() },
    add: (secrets) => {
      for (const secret of secrets) lasting.add(secret);
      renew();
    },
    lend: (token) => {
      lent = token;
      renew();
    },
  };
}

/** Values that people flagged. A short one is refused by name: masking it would hide half of every text, leaving it would show it. */
export function secretsOf(values: readonly Binding[]): { readonly secrets: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const secret = values.filter((binding) => binding.secret && binding.value.text !== null);
  const short = secret.filter((binding) => (binding.value.text ?? '').length < shortestSecret);
  return {
    secrets: secret.flatMap((binding) => binding.value.text ?? []),
    diagnostics: short.map((binding) => ({
      severity: 'error',
      code: 'execute/secret-too-short',
      message: `the secret \`${binding.name}\` (${renderOrigin(binding.origin)}) has fewer than ${shortestSecret} characters`,
      help: 'give it with --set if it is no secret',
    })),
  };
}

export function passwordsOf(...addresses: readonly (DatabaseAddress | undefined)[]): readonly string[] {
  return addresses.flatMap((address) => (address && address.password !== '' ? [address.password] : []));
}

/** The command line as it may be recorded: no secret, and no user part of any URL. */
export function redactArgv(argv: readonly string[], redactor: Redactor): readonly string[] {
  return argv.map((word) => redactor.text(word).replace(/([a-z][a-z0-9+.-]*:\/\/)[^@/\s]*@/gi, '$1***@'));
}
