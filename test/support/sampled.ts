/** Long lists are played whole by `npm run soak` and `npm run goldens`; every test run plays some of them. */
const whole = process.env['PROOFPLAN_WHOLE'] === '1';

/** Is everything played? */
export const playsAll: boolean = whole;

/** Each `every`-th of a list, from the first on; all of it where everything is played. */
export function sampled<T>(list: readonly T[], every: number): readonly T[] {
  return whole ? list : list.filter((_, index) => index % every === 0);
}
