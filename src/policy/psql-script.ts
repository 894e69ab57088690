/**
 * A script as psql reads it from its standard input (psqlscan.l): statements up to their semicolons, backslash commands to
 * the end of the line, data after COPY … FROM STDIN, variables. Offsets are those of the script.
 */

export interface PsqlPiece {
  readonly kind: 'sql' | 'backslash';
  /** For SQL as long as in the script: what is not SQL is blank or a stand-in. A backslash command with its backslash. */
  readonly text: string;
  readonly offset: number;
  /** A variable of psql's stands in it, in whose place a stand-in is. */
  readonly sketchy: boolean;
  /** What psql makes of it, where the values of all its variables are known; its length is another. */
  readonly expanded?: string;
}

const variableSign = /^:(?:'\w+'|"\w+"|\{\?\w+\}|(?!\d)\w+)/;

/** The pieces in order; what stands between them is space, data and comments. Never throws: what is not closed goes on to the end. */
export function readPsqlScript(script: string, given: ReadonlyMap<string, string> = new Map()): readonly PsqlPiece[] {
  const pieces: PsqlPiece[] = [];
  const values = new Map(given);
  let text = '';
  /** Undefined once a variable of an unknown value has come. */
  let expanded: string | undefined = '';
  let start = 0;
  let sketchy = false;
  let parentheses = 0;
  let offset = 0;

  const keep = (length: number): void => {
    const piece = script.slice(offset, offset + length);
    text += piece;
    if (expanded !== undefined) expanded += piece;
    offset += length;
  };
  const end = (): void => {
    if (text.trim() !== '') pieces.push({ kind: 'sql', text, offset: start, sketchy, ...(sketchy && expanded !== undefined ? { expanded } : {}) });
    text = '';
    expanded = '';
    start = offset;
    sketchy = false;
    parentheses = 0;
  };

  while (offset < script.length) {
    const rest = script.slice(offset, offset + 4096);
    const quoted = quotedLength(script, offset, rest);
    if (quoted > 0) {
      keep(quoted);
      continue;
    }
    const variable = variableSign.exec(rest)?.[0];
    const before = script.charAt(offset - 1);
    if (variable !== undefined && before !== ':' && !/[\w\]]/.test(before)) {
      sketchy = true;
      text += variableStandIn(variable);
      const value = variableValue(variable, values);
      expanded = expanded === undefined || value === undefined ? undefined : expanded + value;
      offset += variable.length;
    } else if (rest.startsWith('\\;')) {
      text += ' ;';
      if (expanded !== undefined) expanded += ' ;';
      offset += 2;
    } else if (rest.startsWith('\\')) {
      const line = /^\\[^\n]*/.exec(script.slice(offset))?.[0] ?? '\\';
      // A second backslash pair ends the command before the line does.
      const separator = line.indexOf('\\\\', 1);
      const command = separator < 0 ? line : line.slice(0, separator);
      // `\g` and its like send what stands before them.
      const sends = /^\\(?:g|gx|gset|gdesc|gexec|watch|crosstabview)\b/.test(command);
      const at = offset;
      const length = separator < 0 ? command.length : command.length + 2;
      offset += length;
      // Its columns become variables.
      if (command.startsWith('\\gset')) values.clear();
      if (sends) end();
      else {
        text += ' '.repeat(length);
        if (expanded !== undefined) expanded += ' ';
        setVariable(command, values);
      }
      pieces.push({ kind: 'backslash', text: command, offset: at, sketchy: false });
      if (sends) start = offset;
    } else if (rest.startsWith(';') && parentheses === 0) {
      keep(1);
      const copies = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i.test(text);
      end();
      if (copies) {
        const dot = /\n\\\.[^\n]*/g;
        dot.lastIndex = offset;
        const found = dot.exec(script);
        offset = found ? found.index + found[0].length : script.length;
        start = offset;
      }
    } else {
      if (rest.startsWith('(')) parentheses += 1;
      if (rest.startsWith(')')) parentheses = Math.max(0, parentheses - 1);
      keep(/^(?:\s+|\w+)/.exec(rest)?.[0].length ?? 1);
    }
  }
  end();
  return pieces;
}

/** `\set name word word`: words are joined, quotation marks taken off. What `\gset` and `\prompt` set is not known. */
function setVariable(command: string, values: Map<string, string>): void {
  const unknown = /^\\(?:prompt\b.*\s|getenv\s+|unset\s+)(\w+)/.exec(command)?.[1];
  if (unknown !== undefined) values.delete(unknown);
  const [, name, rest] = /^\\set\s+(\w+)(?:\s+([^]*?))?\s*$/.exec(command) ?? [];
  if (name === undefined) return;
  if (rest?.includes('`') === true) values.delete(name);
  else
    values.set(
      name,
      (rest ?? '').replace(/'((?:[^'\\]|\\.|'')*)'|\s+/g, (_, quoted: string | undefined) => quoted?.replaceAll("''", "'").replaceAll(/\\(.)/g, '$1') ?? ''),
    );
}

function variableValue(variable: string, values: ReadonlyMap<string, string>): string | undefined {
  const name = variable.replace(/\W/g, '');
  if (variable.startsWith(':{')) return values.has(name) ? 'true' : 'false';
  const value = values.get(name);
  if (value === undefined) return undefined;
  if (variable.startsWith(":'")) return `'${value.replaceAll("'", "''")}'`;
  return variable.startsWith(':"') ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Something that is a name, and a value inside quotes, as long as what it stands for. */
function standIn(text: string): string {
  return 'x'.padEnd(text.length, '0');
}

function variableStandIn(variable: string): string {
  if (variable.startsWith(":'")) return ` '${standIn(variable.slice(3))}'`.slice(0, variable.length);
  if (variable.startsWith(':"')) return ` "${standIn(variable.slice(3))}"`.slice(0, variable.length);
  if (variable.startsWith(':{')) return 'true'.padEnd(variable.length);
  return standIn(variable);
}

/** The length of a string, a quoted name, a dollar quote or a comment that begins here; 0 when none does. */
function quotedLength(script: string, offset: number, rest: string): number {
  const escapes = /^[eE]'/.test(rest) && !/\w/.test(script.charAt(offset - 1));
  if (rest.startsWith("'") || escapes) return lengthOf(escapes ? /[eE]'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*(?:'|$)/y : /'[^']*(?:''[^']*)*(?:'|$)/y, script, offset);
  if (rest.startsWith('"')) return lengthOf(/"[^"]*(?:""[^"]*)*(?:"|$)/y, script, offset);
  if (rest.startsWith('--')) return lengthOf(/--[^\n]*/y, script, offset);
  if (rest.startsWith('/*')) return commentLength(script, offset);
  const dollar = /\w/.test(script.charAt(offset - 1)) ? undefined : /^\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/.exec(rest)?.[0];
  if (dollar === undefined) return 0;
  const close = script.indexOf(dollar, offset + dollar.length);
  return (close < 0 ? script.length : close + dollar.length) - offset;
}

function lengthOf(pattern: RegExp, script: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(script)?.[0].length ?? 0;
}

function commentLength(script: string, offset: number): number {
  const sign = /\/\*|\*\//g;
  sign.lastIndex = offset;
  let depth = 0;
  for (let found = sign.exec(script); found; found = sign.exec(script)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return found.index + 2 - offset;
  }
  return script.length - offset;
}
