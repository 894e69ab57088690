import { RE2JS } from 're2js';

/** Why the linear-time engine cannot read a pattern; undefined where it can. */
export function patternProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
  }
}

/** Texts of different kinds: what finds something in each of them finds it in every text. */
const samples = ['', 'x', '0', ' ', '-', 'The end.', 'A\nB', '\u00e9'];

/** Does it find something in every text, as `.*` does? */
export function matchesEverything(pattern: string): boolean {
  const expression = RE2JS.compile(pattern);
  return samples.every((sample) => expression.test(sample));
}
