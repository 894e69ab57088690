/** The answer of a question about two values. `incomparable`: it has none, for the reason given; that counts as not held. */
export type Comparison = { readonly kind: 'held' } | { readonly kind: 'not held' } | { readonly kind: 'incomparable'; readonly reason: string };
