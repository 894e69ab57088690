/** The one place that decides about colour and live output: chalk 5 reads FORCE_COLOR by itself, but not NO_COLOR. */
import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';

/** What is known about a stream: is it a terminal, how wide, and what the process environment asks for. */
export interface OutputStyle {
  readonly isTty: boolean;
  readonly columns: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * 0 none, 1 sixteen colours, 2 256, 3 all. NO_COLOR (no-color.org: any value but empty) goes before FORCE_COLOR (`0` and
 * `false` are none), then TERM=dumb, then whether a terminal is there.
 */
export function decideColourLevel({ isTty, environment }: OutputStyle): ColorSupportLevel {
  if (isSet(environment['NO_COLOR'])) return 0;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 0;
    return forced === '3' ? 3 : forced === '2' ? 2 : 1;
  }
  if (environment['TERM'] === 'dumb' || !isTty) return 0;
  if (environment['COLORTERM'] === 'truecolor') return 3;
  return environment['TERM']?.includes('256') === true ? 2 : 1;
}

/** Variables by which CI systems tell programs that nobody sits before them. */
const ciVariables = ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'GITLAB_CI', 'TEAMCITY_VERSION', 'BUILDKITE', 'JENKINS_URL'];

/** Whether lines may be written over again: a terminal with a width, and nobody who keeps what is written. */
export function decideLive({ isTty, columns, environment }: OutputStyle): boolean {
  return isTty && columns !== undefined && columns > 0 && environment['TERM'] !== 'dumb' && !ciVariables.some((name) => isSet(environment[name]));
}

/**
 * Whether only ASCII may be shown: a locale that is named and is not UTF-8 (POSIX, "Internationalization Variables": LC_ALL goes
 * before LC_CTYPE, and that before LANG). Where none is named, as in most containers, terminals and files are UTF-8.
 */
export function decideAscii({ environment }: Pick<OutputStyle, 'environment'>): boolean {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG'].map((name) => environment[name]).find(isSet);
  return locale !== undefined && !/utf-?8/i.test(locale);
}

/** An instance of our own: the level of the module's default instance is nobody's business. */
export function createColours(level: ColorSupportLevel): ChalkInstance {
  return new Chalk({ level });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
