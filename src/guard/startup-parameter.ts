// What a client may ask for when it connects. A setting of the startup packet holds for the whole session, so it is judged
// as the SET that it amounts to.
import type { Decision } from '../model/policy.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { SessionSettings } from './database-login.ts';

/** The settings for the upstream session, or what is not permitted (`asked`, as it would stand in SQL) and why. */
export type StartupDecision =
  | { readonly kind: 'permit'; readonly settings: SessionSettings; readonly applicationName: string | undefined }
  | { readonly kind: 'refuse'; readonly asked: string; readonly decision: Decision };

/** Parameters of the packet that are no settings. */
const notSettings = new Set(['user', 'database', 'replication', 'options', 'application_name']);

export async function decideStartup(
  parameters: ReadonlyMap<string, string>,
  decide: (text: string) => SqlJudgement | Promise<SqlJudgement>,
): Promise<StartupDecision> {
  const replication = parameters.get('replication');
  if (replication !== undefined && !['', '0', 'off', 'no', 'false'].includes(replication.toLowerCase())) {
    return refuse(`replication=${replication}`, 'replication', 'a replication connection, which reads and controls the server beside every statement');
  }
  const options = parseOptions(parameters.get('options') ?? '');
  if (options === undefined)
    return refuse(`options=${parameters.get('options') ?? ''}`, 'options', 'startup options other than `-c name=value`, which cannot be judged');
  const asked = [...parameters].filter(([name]) => !notSettings.has(name) && !name.startsWith('_pq_.'));
  const settings: Record<string, string> = {};
  for (const [written, value] of [...options, ...asked]) {
    const name = written.toLowerCase().replaceAll('-', '_');
    // asyncpg writes the encoding in quotes.
    const meant = name === 'client_encoding' ? value.replace(/^'(.*)'$/, '$1') : value;
    const text = `SET ${escapeIdentifier(name)} TO ${escapeLiteral(meant)}`;
    const { decision } = await decide(text);
    if (decision.effect === 'refuse') return { kind: 'refuse', asked: text, decision };
    settings[name] = meant;
  }
  return { kind: 'permit', settings, applicationName: parameters.get('application_name') };
}

function refuse(asked: string, matched: string, reason: string): StartupDecision {
  return { kind: 'refuse', asked, decision: { effect: 'refuse', rule: 'guard-setting', reason, matched, sqlstate: '42501' } };
}

/** `-c name=value`, `-cname=value`, `--name=value`, with the server's rule for backslashes; undefined for anything else. */
function parseOptions(text: string): readonly (readonly [string, string])[] | undefined {
  const words = [...text.matchAll(/(?:\\[\s\S]|[^\s\\])+/g)].map(([word]) => word.replace(/\\([\s\S])/g, '$1'));
  const settings: [string, string][] = [];
  for (let index = 0; index < words.length; index += 1) {
    let word = words[index] ?? '';
    if (word === '-c') word = words[(index += 1)] ?? '';
    else if (word.startsWith('-c') || word.startsWith('--')) word = word.slice(2);
    else return undefined;
    const equals = word.indexOf('=');
    if (equals < 1) return undefined;
    settings.push([word.slice(0, equals), word.slice(equals + 1)]);
  }
  return settings;
}
