/**
 * The way of each command's failure through a block: does it become the block's exit code, or is it lost? Follows what POSIX says
 * of `set -e` (2.15, "set") and of the exit status of each compound (2.9.4), and bash's manual where bash differs.
 */
import { forEachChild, parse, type AndOr, type Command, type If, type Pipeline, type Statement, type SyntaxNode, type While } from 'unbash';
import { failsForSure, functionsOf, keepsStatus, neverFails, type ShellText } from './failure-answer.ts';
import { natureOf, unfailingOption } from './program-nature.ts';
import { programOf, type ShellProgram } from './shell-program.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';
import { nestedShellOf, shells } from './shell-source.ts';
import { parseShell } from './shell-syntax.ts';

export interface LostFailure {
  readonly start: number;
  readonly end: number;
  /** What loses it, in the text's own words. */
  readonly what: string;
  /** Of the command that fails. */
  readonly command: { readonly start: number; readonly end: number };
  /** Lost to nobody's harm where work whose failure shows stands in the block: `after` it (a server is started), `anywhere` (to tidy up). */
  readonly usual: 'never' | 'after' | 'anywhere';
}

/** What becomes of a failure at a place. */
interface Course {
  /** It ends the block (`-e` is in force). */
  readonly stops: boolean;
  /** The exit code of the place becomes the block's. */
  readonly counts: boolean;
  readonly loss: Loss;
}

/** What loses a failure that neither stops nor counts. */
interface Loss {
  readonly what?: string;
  /** Where that stands, if not at the command itself. */
  readonly place?: { readonly start: number; readonly end: number };
  /** Natures whose failure is an answer there, so that none is lost. */
  readonly spares: RegExp;
  /** Usual for what tidies up. */
  readonly usual: boolean;
}

const questions = /^(?:idle|asking)$/;
const nothing = /^$/;
const shown: Course = { stops: true, counts: true, loss: { spares: questions, usual: false } };
/** In a condition, or before `&&` and `||`, `-e` is not in force, also within functions and groups that stand there. */
const answered: Course = { ...shown, stops: false };
/** Nested deeper than this nothing is followed: the block is no plan's. */
const deepest = 60;

/** In no order; judged as the block runs under `-eo pipefail`, or without `-e`. Empty where the text has errors. */
export function lostFailures(script: ShellScript, errexit = true): readonly LostFailure[] {
  if (script.errors.length > 0) return [];
  const walk = new FailureWalk(script, true, 0);
  walk.follow(walk.text.root, errexit ? shown : answered);
  return walk.lost.filter(({ usual, end }) => usual === 'never' || !walk.working.some((start) => usual === 'anywhere' || start >= end));
}

class FailureWalk {
  readonly lost: LostFailure[] = [];
  /** Where programs start that work and whose failure shows. */
  readonly working: number[] = [];
  readonly text: ShellText;
  readonly #script: ShellScript;
  readonly #pipefail: boolean;
  /** Bodies of functions, each once for a course that it was called on. */
  readonly #called = new Set<string>();
  #depth: number;

  constructor(script: ShellScript, pipefail: boolean, depth: number) {
    const root = parse(script.text);
    this.#script = script;
    this.#pipefail = pipefail || /\bpipefail\b/.test(script.text);
    this.#depth = depth;
    this.text = {
      script,
      root,
      functions: functionsOf(root),
      commands: new Map(script.commands.toReversed().map((command) => [command.start, command])),
      known: { fails: new Map(), succeeds: new Map() },
    };
  }

  follow(node: SyntaxNode, course: Course): void {
    if (this.#depth > deepest) return;
    this.#depth += 1;
    this.#step(node, course);
    this.#depth -= 1;
  }

  #step(node: SyntaxNode, course: Course): void {
    switch (node.type) {
      case 'Script':
      case 'CompoundList':
        return node.commands.forEach((statement, index) => this.follow(statement, index === node.commands.length - 1 ? course : { ...course, counts: false }));
      case 'Statement':
        return this.#statement(node, course);
      case 'AndOr':
        return this.#list(node, course);
      case 'Pipeline':
        return this.#pipeline(node, course);
      case 'If':
        return this.#condition(node, course);
      case 'While':
        return this.#loop(node, course);
      case 'For':
      case 'Select':
        for (const word of node.wordlist ?? []) this.#data(word, `\`for\`, which goes through nothing where the command inside fails`);
        return this.follow(node.body, course);
      case 'ArithmeticFor':
      case 'BraceGroup':
        return this.follow(node.body, course);
      // `(cd build && make)`: the shell outside sees one exit code, whatever the one inside was ignoring.
      case 'Subshell':
        return this.follow(node.body, { ...course, counts: course.counts || course.stops });
      case 'Redirected':
        for (const redirect of node.redirects) this.#data(redirect, '`<(…)`, whose exit code nobody asks for');
        return this.follow(node.command, course);
      case 'Case':
        this.#data(node.word, '`case`, which asks for no exit code');
        return node.items.forEach((item) => this.follow(item.body, course));
      case 'Command':
        return this.#command(node, course);
      default:
        return undefined;
    }
  }

  #statement(node: Statement, course: Course): void {
    // `wait PID` gives the exit code of what it waited for.
    const awaited = this.#script.commands.some(({ start, words }) => start > node.pos && words[0]?.value === 'wait' && words.length > 1);
    if (node.background !== true || awaited) return this.follow(node.command, course);
    this.lost.push({ ...placeOf(node), what: 'a command in the background, whose exit code nobody asks for', command: placeOf(node), usual: 'after' });
    return undefined;
  }

  #list(node: AndOr, course: Course): void {
    node.commands.forEach((command, index) => {
      if (index === node.commands.length - 1 || /^(?:exit|return)\b/.test(this.#shown(command))) return this.follow(command, course);
      const next = node.operators.indexOf('||', index);
      if (next < 0) {
        const what = '`&&`, whose failure does not stop the script before its end';
        return this.follow(command, { stops: false, counts: course.counts, loss: { what, place: placeOf(command), spares: questions, usual: false } });
      }
      // `grep bad x && exit 1 || true`: what follows a success ends the block.
      const orElse = node.operators.indexOf('||', next + 1);
      const answers = node.commands.slice(next + 1, orElse < 0 ? undefined : orElse + 1);
      const [answer] = answers;
      const ends = [...node.commands.slice(index + 1, next + 1), ...answers].some((one) => failsForSure(one, this.text));
      if (answer === undefined || ends || !answers.every((one) => neverFails(one, this.text)) || keepsStatus(answers, this.text))
        return this.follow(command, answered);
      const place = { start: this.#script.text.lastIndexOf('||', answer.pos), end: answer.end };
      const what = `\`|| ${this.#shown(answer)}\``;
      // `[ -n "$x" ] || x=default` is a choice.
      return this.follow(command, { stops: false, counts: false, loss: { what, place, spares: this.#assigns(answer) ? questions : nothing, usual: true } });
    });
  }

  #pipeline(node: Pipeline, course: Course): void {
    const negated = node.prefixes.some(({ type }) => type === 'Negation');
    const inverted = { what: '`!`, whose failure does not stop the script', place: placeOf(node), spares: nothing, usual: false };
    const own = negated ? { stops: false, counts: course.counts, loss: inverted } : course;
    const lost = { what: 'a pipeline without `pipefail`', spares: /^(?:idle|asking|telling)$/, usual: false };
    // `psql -l | grep -q name` asks as a whole.
    const last = node.commands.at(-1);
    const asker = last?.type === 'Command' ? this.text.commands.get(last.pos) : undefined;
    if (!own.stops && !own.counts && asker && natureOf(asker) === 'asking' && own.loss.spares.test('asking')) return;
    node.commands.forEach((command, index) =>
      this.follow(command, this.#pipefail || index === node.commands.length - 1 ? own : { stops: false, counts: false, loss: lost }),
    );
  }

  #condition(node: If, course: Course): void {
    const ends = [node.then, ...node.elif.map(({ then }) => then), ...(node.else ? [node.else] : [])];
    const fails = ends.some((end) => failsForSure(end, this.text));
    const loss = { what: '`if`, which takes a failure for an answer', spares: questions, usual: true };
    for (const { clause } of [node, ...node.elif]) this.follow(clause, fails ? answered : { stops: false, counts: false, loss });
    for (const end of ends) this.follow(end, course);
    // `if …; then echo PASS; else echo FAIL; fi`
    if (node.else && !fails && ends.every((end) => neverFails(end, this.text) && !this.#assigns(end)))
      this.lost.push({ ...placeOf(node), what: '`if`, of which every end succeeds', command: placeOf(node), usual: 'after' });
  }

  #loop(node: While, course: Course): void {
    const last = node.clause.commands.at(-1)?.command;
    const negated = last?.type === 'Pipeline' && last.prefixes.some(({ type }) => type === 'Negation');
    const leaves = /(?:^|[\s;&|({])break\b/.test(this.#script.text.slice(node.body.pos, node.body.end));
    const loss = { what: `\`${node.kind}\`, which takes a failure for an answer`, spares: questions, usual: true };
    // A loop until something succeeds ends with its success alone.
    const waits = (node.kind === 'until') !== negated && !leaves;
    if (!waits) this.follow(node.clause, { stops: false, counts: false, loss });
    this.follow(node.body, course);
  }

  #command(node: Command, course: Course): void {
    const command = this.text.commands.get(node.pos);
    if (!command) return;
    const called = this.text.functions.get(command.words[0]?.value ?? '');
    if (called) {
      const key = `${called.pos} ${course.stops} ${course.counts} ${course.loss.place?.start}`;
      if (this.#called.has(key)) return;
      this.#called.add(key);
      this.follow(called, course);
      return;
    }
    const nature = natureOf(command);
    if (nature === 'idle' || /^(?:read|mapfile|readarray)$/.test(command.words[0]?.value ?? '')) this.#inside(node, command, course);
    const program = programOf(command);
    const unfailing = program && unfailingOption(program);
    if (unfailing !== undefined) this.lost.push({ ...placeOf(node), what: unfailing, command: placeOf(node), usual: 'never' });
    else if (course.stops || course.counts) {
      if (nature === 'working' || nature === 'telling') this.working.push(command.start);
      if (program) this.#shell(node, command, program, course);
    } else if (!course.loss.spares.test(nature)) {
      const { what = `\`${this.#shown(node)}\`, whose failure does not stop what follows`, place = placeOf(node), usual } = course.loss;
      this.lost.push({ ...place, what, command: placeOf(node), usual: usual && nature === 'tidying' ? 'anywhere' : 'never' });
    }
  }

  /** Commands in the words of one that only says something, or assigns: its own exit code stands for theirs. */
  #inside(node: Command, { words }: ShellCommand, course: Course): void {
    const scripts = scriptsIn(node);
    const what = `\`${words[0]?.text ?? ''}\`, whose exit code stands for that of the command inside`;
    const declares = /^(?:export|declare|typeset|local|readonly)$/.test(words[0]?.value ?? '');
    const loss: Loss = { what, ...(declares ? { place: placeOf(node) } : {}), spares: /^(?:idle|asking|telling)$/, usual: false };
    // `x=$(command)`: the last one's exit code is that of the assignment. In a substitution `-e` is not in force.
    scripts.forEach((inner, index) => {
      if (words.length > 0) this.follow(inner, { stops: false, counts: false, loss });
      else if (index === scripts.length - 1) this.follow(inner, { ...course, counts: course.stops || course.counts, stops: false });
    });
  }

  /** Commands whose output is data to a compound: it goes on without, and with what they printed until they failed. */
  #data(node: SyntaxNode, what: string): void {
    for (const inner of scriptsIn(node)) this.follow(inner, { stops: false, counts: false, loss: { what, spares: /^(?:idle|asking|telling)$/, usual: false } });
  }

  /** A shell of its own knows neither `-e` nor `pipefail` unless it is told; `eval` goes on in this one. */
  #shell(node: Command, command: ShellCommand, program: ShellProgram, course: Course): void {
    const same = program.name === 'eval';
    if (!same && !shells.has(program.name ?? '')) return;
    const errexit = program.arguments.some(({ value }) => /^-[a-z]*e/.test(value ?? ''));
    for (const source of nestedShellOf(this.#script, command, program)) {
      const inner = parseShell(source.text);
      if (inner.errors.length > 0) continue;
      const walk = new FailureWalk(inner, same && this.#pipefail, this.#depth);
      const stops = same ? course.stops : errexit || /(?:^|[\s;&])set -[a-z]*e/.test(source.text);
      walk.follow(walk.text.root, { ...shown, stops });
      this.lost.push(
        ...walk.lost.filter(({ usual }) => usual === 'never').map(({ what }) => ({ ...placeOf(node), what, command: placeOf(node), usual: 'never' as const })),
      );
    }
  }

  #assigns({ pos, end }: SyntaxNode): boolean {
    return this.#script.commands.some(({ start, words, assignments }) => pos <= start && start < end && words.length === 0 && assignments.length > 0);
  }

  #shown({ pos, end }: SyntaxNode): string {
    const text = this.#script.text.slice(pos, end).replace(/\s+/g, ' ');
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  }
}

function placeOf({ pos, end }: SyntaxNode): { readonly start: number; readonly end: number } {
  return { start: pos, end };
}

/** The scripts of substitutions in a command's words, in order of text, without those inside them. */
function scriptsIn(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const pending: SyntaxNode[] = [node];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const inner: SyntaxNode[] = [];
    forEachChild(next, (child) => void (child.type === 'Script' ? found.push(child) : inner.push(child)));
    pending.unshift(...inner);
  }
  return found;
}
