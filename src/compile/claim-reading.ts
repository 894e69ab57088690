import type { Claim } from '../model/claim.ts';

export type ClaimReading =
  /** `subject`: the command in backticks that the sentence is about, where it names one. */
  | { readonly kind: 'claims'; readonly claims: readonly Claim[]; readonly subject?: string }
  /** `unknown`: names that nothing supplies. `suggestion`: a claim that would compile. */
  | { readonly kind: 'unknown-name'; readonly names: readonly string[]; readonly suggestion?: string }
  /** Constant, self-comparing or otherwise unable to fail. */
  | { readonly kind: 'vacuous'; readonly why: string }
  /** Nothing could ever meet it. */
  | { readonly kind: 'impossible'; readonly why: string }
  /** A regular expression that the engine does not have. */
  | { readonly kind: 'pattern'; readonly pattern: string; readonly why: string }
  | { readonly kind: 'none'; readonly suggestion?: string };

export function claims(...made: readonly Claim[]): ClaimReading {
  return { kind: 'claims', claims: made };
}

export function impossible(why: string): Extract<ClaimReading, { readonly kind: 'impossible' }> {
  return { kind: 'impossible', why };
}
