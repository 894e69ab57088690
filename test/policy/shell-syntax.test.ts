import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseShell, quoteContextAt, type QuoteContext, wordAt } from '../../src/policy/shell-syntax.ts';

function programs(text: string): readonly string[] {
  return parseShell(text).commands.map(({ words, within }) => `${within}: ${words.map((word) => word.text).join(' ')}`);
}

function contexts(text: string, mark = '<x>'): readonly QuoteContext[] {
  const script = parseShell(text);
  return [...text.matchAll(new RegExp(mark, 'g'))].map(({ index }) => quoteContextAt(script, index));
}

describe('the blocks of both plans', () => {
  function blocksOf(plan: string): readonly string[] {
    const document = readFileSync(new URL(`../../plans/${plan}.md`, import.meta.url), 'utf8');
    return [...document.matchAll(/^ *```bash\n([\s\S]*?)^ *```/gm)].map(([, block]) => block ?? '');
  }

  test('are one simple command each, with its values', () => {
    for (const plan of ['run-proof-v2', 'run-proof-v4']) {
      for (const block of blocksOf(plan)) {
        const script = parseShell(block);
        expect(script.errors).toEqual([]);
        expect(script.statements.map(({ kind }) => kind)).toEqual(['command']);
        expect(script.commands).toHaveLength(1);
        for (const { index } of block.matchAll(/<[a-z_]+>/g)) {
          expect(quoteContextAt(script, index)).toBe('single');
          const word = wordAt(script, index);
          expect(word?.text).toBe(`'${word?.value}'`);
          expect(block.slice(word?.start, word?.end)).toBe(word?.text);
        }
      }
    }
  });

  test('v4 section 2: assignments before a program with its arguments', () => {
    const [command] = parseShell(blocksOf('run-proof-v4')[1] ?? '').commands;
    expect(command?.assignments.map(({ name, value }) => [name, value?.value])).toEqual([
      ['PYTHONPATH', '.'],
      ['USE_POSTGRES_TRACES', 'true'],
      ['DATABASE_URL', '<db_url>'],
    ]);
    expect(command?.words.map(({ value }) => value)).toEqual([
      'python3',
      '-m',
      'app.hoc.cus.integrations.cus_cli',
      'run',
      '--agent-id',
      '<agent_id>',
      '--goal',
      'Run proof v4 validation run',
      '--tenant-id',
      '<tenant_id>',
      '--origin-system-id',
      'run-proof-v4',
      '--verbose',
    ]);
  });

  test('v4 section 4: a quoted here-document', () => {
    const block = blocksOf('run-proof-v4')[2] ?? '';
    const script = parseShell(block);
    const heredoc = script.commands[0]?.heredocs[0];
    expect(heredoc).toMatchObject({ delimiter: 'PY', quoted: true });
    expect(block.slice(heredoc?.bodyStart, heredoc?.bodyEnd)).toBe(heredoc?.body);
    expect(heredoc?.body.startsWith('import asyncio\n')).toBe(true);
    expect(quoteContextAt(script, block.indexOf('print('))).toBe('heredoc-quoted');
    expect(script.used).toEqual([]);
  });
});

describe('quotes', () => {
  test('each kind', () => {
    expect(contexts(`a '<x>' "<x>" $'<x>' <x> # <x>\nb "$(c '<x>' <x>)" "\${d:-<x>}" e#<x>`)).toEqual([
      'single',
      'double',
      'ansi-c',
      'unquoted',
      'comment',
      'single',
      'unquoted',
      'double',
      'unquoted',
    ]);
    expect(contexts("cat <<E\n# <x> '<x>' $(echo '<x>' <x>)\nE\ncat <<'E'\n<x>\nE\n<x>")).toEqual([
      'heredoc-expanding',
      'heredoc-expanding',
      'single',
      'unquoted',
      'heredoc-quoted',
      'unquoted',
    ]);
  });

  test('comments only where one can begin', () => {
    expect(contexts('a $# ${#b} c\\# d"#" #<x>\n(#<x>\n) ; #<x>')).toEqual(['comment', 'comment', 'comment']);
    expect(contexts('a#<x> "#<x>" $((16#1)) <x>')).toEqual(['unquoted', 'double', 'unquoted']);
    expect(programs('a # b; c\n# d\ne')).toEqual(['top: a', 'top: e']);
  });

  test('an unquoted hole is a redirection', () => {
    const [command] = parseShell('python -m app --id <agent_id> --go').commands;
    expect(command?.redirects.map(({ operator, target }) => [operator, target?.value])).toEqual([
      ['<', 'agent_id'],
      ['>', '--go'],
    ]);
    expect(contexts('python --id <agent_id>', '<agent_id>')).toEqual(['unquoted']);
  });

  test('past the end and in an empty text', () => {
    expect(quoteContextAt(parseShell(''), 0)).toBe('unquoted');
    expect(quoteContextAt(parseShell("'a"), 9)).toBe('unquoted');
    expect(wordAt(parseShell('a b'), 1)).toBeUndefined();
    expect(wordAt(parseShell('a b'), 3)).toBeUndefined();
  });

  test('surrogate pairs count two', () => {
    const text = "🙂 '<x>'";
    expect(contexts(text)).toEqual(['single']);
    expect(wordAt(parseShell(text), 4)).toMatchObject({ start: 3, end: 8, value: '<x>' });
  });
});

describe('words', () => {
  test('literal values, and none where something expands', () => {
    const values = parseShell(`a 'b c' "d e" f\\ g $'h\\ti' j"k"'l' "$m" n$o *.p ~/q {r,s} "t\\"u" v=w '' "\${x}y"`).commands[0]?.words.map(
      ({ value }) => value,
    );
    expect(values).toEqual(['a', 'b c', 'd e', 'f g', 'h\ti', 'jkl', undefined, undefined, undefined, undefined, undefined, 't"u', 'v=w', '', undefined]);
  });

  test('an assignment expands no globs', () => {
    expect(parseShell('A=*.py B={a,b} C=$D c').commands[0]?.assignments.map(({ value }) => value?.value)).toEqual(['*.py', '{a,b}', undefined]);
  });

  test('a sketch has a U+0000 for each character that expands', () => {
    expect(parseShell(`a "id='$ID'"`).commands[0]?.words[1]?.sketch).toBe("id='\0\0\0'");
    expect(parseShell('a <<E\n$b\nE\n').commands[0]?.heredocs[0]?.sketch).toBe('\0\0\n');
  });

  test('line continuations', () => {
    expect(programs('a \\\n  b \\\n  c')).toEqual(['top: a b c']);
  });

  test('the innermost word', () => {
    const text = 'a "b $(c d) e"';
    expect(wordAt(parseShell(text), text.indexOf('d'))?.text).toBe('d');
    expect(wordAt(parseShell(text), text.indexOf('e"'))?.text).toBe('"b $(c d) e"');
  });
});

describe('commands', () => {
  test('what encloses them', () => {
    expect(
      programs(
        'a; b | c; (d); { e; }; f() { g; }; if h; then i; fi; for x in 1; do j; done; case $(k) in z) l;; esac; while m; do n; done; [[ $(o) == p ]]; (( $(q) )); r <(s)',
      ),
    ).toEqual([
      'top: a',
      'pipeline: b',
      'pipeline: c',
      'subshell: d',
      'compound: e',
      'function: g',
      'compound: h',
      'compound: i',
      'compound: j',
      'substitution: k',
      'compound: l',
      'compound: m',
      'compound: n',
      'substitution: o',
      'substitution: q',
      'top: r <(s)',
      'substitution: s',
    ]);
  });

  test('how they are joined', () => {
    expect(parseShell('a && b || c | d &').commands.map(({ after, background, pipeline }) => [after, background, pipeline])).toEqual([
      [undefined, true, undefined],
      ['&&', true, undefined],
      ['||', true, 10],
      ['|', true, 10],
    ]);
  });

  test('backticks within backticks stand at the whole substitution', () => {
    const text = 'a `b \\`c\\` d`';
    const found = parseShell(text).commands.map(({ words, start, end }) => [words[0]?.text, text.slice(start, end)]);
    expect(found).toContainEqual(['c', '`b \\`c\\` d`']);
    expect(found).toContainEqual(['b', '`b \\`c\\` d`']);
    expect(wordAt(parseShell(text), text.indexOf('d'))?.text).toBe('`b \\`c\\` d`');
  });

  test('statements of the list', () => {
    expect(
      parseShell('a; b && c; d | e &\n! f; time g; (h); i() { j; }; if k; then l; fi').statements.map(
        ({ kind, background }) => `${kind}${background ? ' &' : ''}`,
      ),
    ).toEqual(['command', 'list', 'pipeline &', 'negation', 'command', 'subshell', 'function', 'compound']);
  });

  test('here-strings and several here-documents', () => {
    const [command] = parseShell('a <<< "b" <<C <<-\'D\'\n1\nC\n\t2\n\tD\n').commands;
    expect(command?.redirects.map(({ operator, target }) => [operator, target?.value])).toEqual([['<<<', 'b']]);
    expect(command?.heredocs.map(({ delimiter, quoted, body }) => [delimiter, quoted, body])).toEqual([
      ['C', false, '1\n'],
      ['D', true, '\t2\n'],
    ]);
  });
});

describe('variables', () => {
  test('set by the shell itself, not for one command alone', () => {
    const text =
      'A=1\nB=2 c\nexport D=3 E\nread -r -p prompt F G\nfor H in 1; do :; done\nlocal I=$(x)\n: "${J:=4}"\n((K++, L = 2))\nmapfile -t M\nprintf -v N x\ngetopts ab O\nP+=(1)\nlet Q=1\nselect R in a; do :; done\nexec {S}>x\n';
    expect(parseShell(text).assigned).toEqual(['A', 'D', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'OPTARG', 'OPTIND', 'P', 'Q', 'R', 'S']);
  });

  test('read, with their places', () => {
    const text = "a $B \"${C}\" ${D:-x} ${E:?x} ${#F} ${G[0]} $((H + 1)) $1 $? $@ '$I'\ncat <<X\n$J\nX\ncat <<'X'\n$K\nX\n";
    const { used } = parseShell(text);
    expect(used.map(({ name, hasDefault }) => `${name}${hasDefault ? '?' : ''}`)).toEqual(['B', 'C', 'D?', 'E', 'F', 'G', 'H', 'J']);
    for (const { name, offset } of used) expect(text.slice(offset, offset + name.length)).toBe(name);
  });
});

describe('what cannot be read', () => {
  test('is an error with its place, and what was understood stays', () => {
    for (const [text, offset] of [
      ["a 'b", 2],
      ['a "b', 2],
      ['a $(b', 2],
      ['a `b', 2],
      ['a <<E\nb\n', 2],
      ['a; (b', 5],
    ] as const) {
      const script = parseShell(text);
      expect([text, script.errors[0]?.offset]).toEqual([text, offset]);
      expect(script.commands[0]?.words[0]?.text).toBe('a');
    }
    expect(parseShell('if a; then').errors).not.toEqual([]);
    expect(parseShell('a )').errors).not.toEqual([]);
  });

  test('NUL and lone surrogates', () => {
    expect(parseShell('a\0b').errors).toEqual([{ offset: 1, message: 'a character that no shell text can hold' }]);
    expect(parseShell('a\ud800b').errors).toHaveLength(1);
    expect(parseShell('a🙂b').errors).toEqual([]);
  });

  test('any depth and any size, without a crash', () => {
    for (const deep of ['$(', '(', '{ ', '"$(', '${a:-', '<(', '`', '((', 'if ', '[[ (', '$((1+']) {
      const script = parseShell(deep.repeat(20_001));
      expect([deep, script.errors.length > 0]).toEqual([deep, true]);
      expect(quoteContextAt(script, 3)).toEqual(expect.any(String));
    }
    expect(parseShell(`$((${'1+'.repeat(100_000)}1))`).text).toHaveLength(200_006);
    expect(parseShell('echo "$a" | b \'c\' # d\n'.repeat(45_000)).commands).toHaveLength(90_000);
  });
});

test('a here-document that expands holds what is escaped in it, with an expansion beside it or without', () => {
  for (const [body = '', sketch] of [
    ['DO \\$\\$ BEGIN END \\$\\$;\n', 'DO $$ BEGIN END $$;\n'],
    ['\\$x $y\n', '$x \0\0\n'],
    ['a\\\nb \\n \\\\\n', 'ab \\n \\\n'],
  ])
    expect(parseShell(`cat <<X\n${body}X\n`).commands[0]?.heredocs[0]?.sketch).toBe(sketch);
  expect(parseShell("cat <<'X'\n\\$\nX\n").commands[0]?.heredocs[0]?.sketch).toBe('\\$\n');
});
