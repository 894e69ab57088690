/** Puts the values of names into the text of a claim. A value is text there: what it holds of a pattern's syntax counts for nothing. */
import type { ClaimOf, KnownNames } from './judgement.ts';

/** The claim with its holes filled; a problem where a value is missing, null or in dispute, never an empty text in its place. */
export function fillClaim(claim: ClaimOf<'output'>, names: KnownNames): ClaimOf<'output'> | { readonly problem: string } {
  let text = '';
  let at = 0;
  for (const hole of claim.holes ?? []) {
    const value = names.get(hole.name)?.value.text;
    if (value === undefined) return { problem: `nothing supplied \`${hole.name}\`, which the claim holds` };
    if (value === null || value === '') return { problem: `\`${hole.name}\`, which the claim holds, is ${value === null ? 'null' : 'empty'}` };
    if (names.disputed(hole.name)) return { problem: `\`${hole.name}\`, which the claim holds, has two values` };
    text += claim.text.slice(at, hole.offset) + (claim.operator === 'matches' ? value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : value);
    at = hole.offset + hole.length;
  }
  return { ...claim, text: text + claim.text.slice(at) };
}
