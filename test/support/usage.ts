/** The commands and options that there are, from their own `--help`. */
import { command } from './command.ts';

export interface Usage {
  /** Options by command (`audit verify`), short ones too. */
  readonly commands: ReadonlyMap<string, ReadonlySet<string>>;
  /** Long options of any command. */
  readonly all: ReadonlySet<string>;
}

let known: Promise<Usage> | undefined;

export function readUsage(): Promise<Usage> {
  return (known ??= read());
}

async function read(): Promise<Usage> {
  const commands = new Map<string, ReadonlySet<string>>();
  const visit = async (path: readonly string[]): Promise<void> => {
    const { stdout } = await command([...path, '--help']);
    const options = [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)].flatMap(([, short, long]) => [short, long].filter((each) => each !== undefined));
    const [, table = ''] = /^Commands:\n([\s\S]*)/m.exec(stdout) ?? [];
    const below = [...table.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
    if (path.length > 0) commands.set(path.join(' '), new Set(options));
    for (const name of below) await visit([...path, name]);
  };
  await visit([]);
  return { commands, all: new Set([...[...commands.values()].flatMap((options) => [...options]), '--help', '--version']) };
}
