/** One row of ARCHITECTURE.md's table of floors. `all` in a list stands for everything above, or every builtin. */
export interface Floor {
  readonly name: string;
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  readonly builtins: readonly string[];
}

/** The rows of the table whose head begins with `| floor |`, by folder. */
export function readFloors(markdown: string): ReadonlyMap<string, Floor> {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| floor |'));
  const floors = new Map<string, Floor>();
  for (let index = head + 2; head >= 0 && lines[index]?.startsWith('|') === true; index += 1) {
    const cells = (lines[index] ?? '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const name = (cells[0] ?? '').replaceAll('`', '');
    const folders = list(cells[1]);
    floors.set(name, { name, folders: folders.includes('all') ? [...floors.keys()] : folders, packages: list(cells[2]), builtins: list(cells[3]) });
  }
  return floors;
}

function list(cell: string | undefined): readonly string[] {
  return cell === undefined || cell === '–' ? [] : cell.split(',').map((name) => name.trim());
}
