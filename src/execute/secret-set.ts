/** The one redactor of an execution. Its readers hold it for good; what it masks grows with what is known of the execution. */
import { createRedactor, shortestSecret } from '../model/redaction.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress, EnvironmentConfig } from '../model/environment.ts';
import type { Input, Plan } from '../model/plan.ts';
import type { Redactor } from '../model/redactor.ts';
import { urlPasswords } from '../model/url-secret.ts';
import type { Binding } from '../model/value.ts';
import { renderOrigin } from './binding-store.ts';

export interface SecretSet {
  readonly redactor: Redactor;
  /** The same secrets, but the addresses in what people wrote stay as they are: for a text that is kept whole elsewhere. */
  readonly document: (text: string) => string;
  /** For the whole execution: inputs are known before the environment is, passwords only after it. */
  readonly add: (secrets: readonly string[]) => void;
  /** A step's token, masked until the next one takes its place: it is worth nothing once its step has ended. */
  readonly lend: (token: string | undefined) => void;
}

export function createSecretSet(): SecretSet {
  const lasting = new Set<string>();
  let lent: string | undefined;
  let current: Redactor | undefined;
  const all = (): readonly string[] => (lent === undefined ? [...lasting] : [...lasting, lent]);
  const redactor = (): Redactor => (current ??= createRedactor(all()));
  return {
    redactor: { text: (text) => redactor().text(text), stream: (note) => redactor().stream(note) },
    document: (text) => createRedactor(all(), { urls: false }).text(text),
    add: (secrets) => {
      const fresh = secrets.filter((secret) => !lasting.has(secret));
      for (const secret of fresh) lasting.add(secret);
      if (fresh.length > 0) current = undefined;
    },
    lend: (token) => {
      lent = token;
      current = undefined;
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
      help: binding.origin.kind === 'input' ? 'give it with --set if it is no secret' : 'take `secret` away from the capture if it is none',
    })),
  };
}

/** Both documents are kept byte for byte: a secret that stands in one of them would be in the record. */
export function secretsInPlan(
  values: readonly Binding[],
  { plan, planBytes, addendumBytes }: { readonly plan: Pick<Plan, 'path' | 'addendum'>; readonly planBytes: Uint8Array; readonly addendumBytes?: Uint8Array },
): readonly Diagnostic[] {
  const documents = [
    { path: plan.path, text: new TextDecoder().decode(planBytes) },
    ...(plan.addendum && addendumBytes ? [{ path: plan.addendum.path, text: new TextDecoder().decode(addendumBytes) }] : []),
  ];
  return values
    .filter((binding) => binding.secret && (binding.value.text ?? '').length >= shortestSecret)
    .flatMap(({ name, value, origin }) => {
      const { text: masked } = createRedactor([value.text ?? ''], { urls: false });
      return documents
        .filter(({ text }) => masked(text) !== text)
        .map(({ path }) => ({
          severity: 'error',
          code: 'execute/secret-in-plan',
          message: `the secret \`${name}\` (${renderOrigin(origin)}) stands in \`${path}\`, which the record keeps as it is`,
          help: `put \`<${name}>\` in its place, or give it with --set if it is no secret`,
        }));
    });
}

/** The values with the secrecy that the plan asks of its inputs, whichever option they were given with. */
export function withSecrecy(values: readonly Binding[], inputs: readonly Pick<Input, 'name' | 'secret'>[]): readonly Binding[] {
  const asked = new Set(inputs.filter((input) => input.secret).map((input) => input.name));
  return values.map((binding) => (asked.has(binding.name) ? { ...binding, secret: true } : binding));
}

/** A password that is the user's or the database's own name is no secret, and masking it would take their names out of the record. */
export function passwordsOf(...addresses: readonly (DatabaseAddress | undefined)[]): readonly string[] {
  return addresses.flatMap((address) => (address && ![address.user, address.database, ''].includes(address.password) ? [address.password] : []));
}

/** Names of variables whose values nobody should read. */
const secretName = /TOKEN|PASSW(?:OR)?D|PASSPHRASE|PWD$|SECRET|CREDENTIAL|API_?KEY|(?:^|_)KEYS?(?:_|$)/i;

/** A shorter value of such a name is a setting (`SECRET_MODE=on`) more often than a secret. */
const shortestVariable = 8;

/**
 * What an environment's configuration holds of secrets, before anything is made ready: the password of its database, and the
 * values of variables with the names of secrets that prepare commands or steps get.
 */
export function environmentSecrets(config: EnvironmentConfig | undefined, processEnvironment: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (config === undefined) return [];
  const { database, inherit, prepare } = config;
  const url = database.kind === 'url' ? database.url : database.kind === 'environment-variable' ? (processEnvironment[database.name] ?? '') : '';
  const variables = [
    ...inherit.map((name) => [name, processEnvironment[name] ?? ''] as const),
    ...prepare.flatMap((command) => Object.entries(command.environment)),
  ];
  return [
    ...urlPasswords(url),
    ...variables.filter(([name, value]) => secretName.test(name) && value.length >= shortestVariable).map(([, value]) => value),
    ...variables.flatMap(([, value]) => urlPasswords(value)),
  ];
}

/** By path. A name that holds a secret is masked; the digest is nobody's secret, whatever it looks like. */
export function maskNames(digests: Readonly<Record<string, string>>, { text }: Redactor): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(digests).map(([path, digest]) => [text(path), digest]));
}

/** The command line as it may be recorded: no secret, and no user part of any URL. */
export function redactArgv(argv: readonly string[], redactor: Redactor): readonly string[] {
  return argv.map((word) => redactor.text(word).replace(/([a-z][a-z0-9+.-]*:\/\/)[^@/\s]*@/gi, '$1***@'));
}
