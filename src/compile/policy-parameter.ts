/** What a sentence's own words give to the rule of a kind: tables, names, numbers, places, commands. */
import type { PolicyKind, PolicyRule } from '../model/policy.ts';
import { fold } from './prose.ts';

/** What the plan itself has, for a rule whose sentence does not name it. */
export interface PlanPart {
  readonly protectedTables: readonly string[];
  /** The number of the production path's step. */
  readonly writer?: string | undefined;
}

const identifier = /^[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)?$/;

/** Names in backticks that can be a table, a class or a column. */
export function identifiersIn(codes: readonly string[]): readonly string[] {
  return codes.filter((code) => identifier.test(code));
}

/** Undefined where the words do not give what the kind needs: then the sentence is not understood. An order is resolved elsewhere. */
export function ruleOf(kind: PolicyKind, text: string, codes: readonly string[], plan: PlanPart): PolicyRule | undefined {
  const folded = fold(text);
  const named = identifiersIn(codes);
  switch (kind) {
    case 'no-manual-writes':
      return { kind, tables: named.length > 0 ? named : plan.protectedTables, ...(plan.writer === undefined ? {} : { writer: plan.writer }) };
    case 'no-sqlite-fallback':
      return { kind, identifiers: named, files: [] };
    case 'stop-on-failure':
      return { kind, evidence: /\bevidence\b|\breport\b/.test(folded) };
    case 'fresh-evidence':
      return { kind, names: [] };
    case 'attempt-limit':
      return { kind, attempts: attemptsIn(folded) };
    case 'no-network':
      return { kind, permit: hostsIn(folded) };
    case 'forbidden-target': {
      const names = targetsIn(folded, codes);
      return names.length === 0 ? undefined : { kind, names };
    }
    case 'forbidden-command': {
      const commands = commandsIn(folded, codes);
      return commands.length === 0 ? undefined : { kind, commands };
    }
    case 'isolation':
      return { kind, level: /\bnetwork\b/.test(folded) ? 'network' : 'process' };
    case 'order':
    case 'accepted':
      return undefined;
    case 'read-only':
    case 'no-execution':
    case 'no-ddl':
    case 'no-undeclared-env':
    case 'no-workspace-change':
    case 'no-substitution':
      return { kind };
  }
}

const numbers: Readonly<Record<string, number>> = {
  one: 1,
  once: 1,
  single: 1,
  two: 2,
  twice: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
};

/** "at most three attempts" is 3; "retry at most twice" is 3 too, because the first try is none of the retries. */
const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

function attemptsIn(folded: string): number {
  const nth = ordinals.indexOf(/\b(second|third|fourth|fifth|sixth) (?:time|attempt)\b/.exec(folded)?.[1] ?? '');
  if (nth > 0) return nth;
  const match = /\b(?:max(?:imum|\.)?(?: of)?|at most|no more than|not more than|up to)[: ]+(\d+|[a-z]+)(?: times)?(?: (?:\S+ )?(retries|retry)\b)?/.exec(
    folded,
  );
  if (match === null) return 1;
  const count = numbers[match[1] ?? ''] ?? Number(match[1]);
  if (!Number.isInteger(count)) return 1;
  const retried = match[2] !== undefined || /\b(?:retry|repeat|retried|repeated)\b[^.;]{0,40}\b(?:at most|no more than)/.test(folded);
  return Math.max(1, count + (retried ? 1 : 0));
}

/** "No network access except to `127.0.0.1`". */
function hostsIn(folded: string): readonly string[] {
  const rest = /\b(?:except|other than|apart from|besides)\b(.*)$/.exec(folded)?.[1] ?? '';
  return [...new Set([...rest.matchAll(/\x60([^\x60\s]+)\x60|\b(localhost|loopback|\d+\.\d+\.\d+\.\d+)\b/g)].map((match) => match[1] ?? match[2] ?? ''))];
}

function targetsIn(folded: string, codes: readonly string[]): readonly string[] {
  const hosts = codes.filter((code) => /^[A-Za-z0-9][\w.-]*[.-][\w.-]*\*?$/.test(code) && !/\.(?:md|sql|sh|py|ya?ml|json)$/.test(code));
  // The name of a host holds such a word without meaning the whole environment.
  const said = folded.replace(/\x60([a-z]*)\x60/g, '$1').replace(/\x60[^\x60]*\x60/g, ' ');
  const words = [
    ...(/\b(?:production|prod|live)\b/.test(said.replace(/\bpre-?prod(?:uction)?\b/g, ' ')) ? ['production'] : []),
    ...(/\bstaging\b/.test(said) ? ['staging'] : []),
    ...(/\bpre-?prod(?:uction)?\b/.test(said) ? ['preprod'] : []),
  ];
  return [...new Set([...words, ...hosts])];
}

/** What a word of working life is as a command. */
const operations: readonly { readonly words: RegExp; readonly command: string }[] = [
  { words: /\b(?:commit|commits|committing|committed)\b/, command: 'git commit' },
  { words: /\b(?:push|pushes|force-push|force-pushes|pushing|pushed)\b/, command: 'git push' },
  { words: /\b(?:merge|merging|merged)\b/, command: 'git merge' },
  { words: /\b(?:rebase|rebasing)\b/, command: 'git rebase' },
];

const programs =
  /\b(psql|mysql|sqlcmd|mongosh?|redis-cli|kubectl|helm|terraform|ansible-playbook|ansible|docker|podman|curl|wget|ssh|scp|rsync|sudo|systemctl|crontab|pg_restore|pg_dump|twine|gcloud|aws)\b/g;

function commandsIn(folded: string, codes: readonly string[]): readonly string[] {
  const quoted = codes.map((code) => code.trim()).filter((code) => /^(?:\.{0,2}\/)?[a-z][\w./-]*(?:\s+\S.*)?$/.test(code));
  const bare = folded.replace(/\x60[^\x60]*\x60/g, ' ');
  const named = [...bare.matchAll(programs)].map((match) => match[1] ?? '');
  const whole = /\b(?:use|using|run|invoke|call|type) git\b/.test(bare) ? ['git'] : [];
  const done = quoted.length + named.length > 0 ? [] : operations.filter(({ words }) => words.test(bare)).map(({ command }) => command);
  return [...new Set([...quoted, ...named, ...whole, ...done])];
}

/** Both rules of one kind, as strict as either. Undefined where they cannot be one: then both are kept. */
export function strictest(a: PolicyRule, b: PolicyRule): PolicyRule | undefined {
  const both = (left: readonly string[], right: readonly string[]): readonly string[] => [...new Set([...left, ...right])];
  switch (a.kind) {
    case 'no-manual-writes':
      return b.kind === a.kind ? { ...a, ...b, tables: both(a.tables, b.tables) } : undefined;
    case 'no-sqlite-fallback':
      return b.kind === a.kind ? { ...a, identifiers: both(a.identifiers, b.identifiers), files: both(a.files, b.files) } : undefined;
    case 'stop-on-failure':
      return b.kind === a.kind ? { ...a, evidence: a.evidence || b.evidence } : undefined;
    case 'fresh-evidence':
      return b.kind === a.kind ? { ...a, names: both(a.names, b.names) } : undefined;
    case 'attempt-limit':
      return b.kind === a.kind ? { ...a, attempts: Math.min(a.attempts, b.attempts) } : undefined;
    case 'forbidden-target':
      return b.kind === a.kind ? { ...a, names: both(a.names, b.names) } : undefined;
    case 'forbidden-command':
      return b.kind === a.kind ? { ...a, commands: both(a.commands, b.commands) } : undefined;
    case 'order':
      return b.kind === a.kind && a.before === b.before && a.after === b.after ? a : undefined;
    case 'no-network':
      return b.kind === a.kind ? b : undefined;
    case 'isolation':
      return b.kind === a.kind ? (a.level === 'network' ? a : b) : undefined;
    default:
      return b.kind === a.kind ? a : undefined;
  }
}
