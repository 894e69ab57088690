/** Real clients as processes of their own, with the defaults that they come with. */
import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program with nothing but PATH and what is given; `output` is stdout, then stderr. */
export function run(program: string, programArguments: readonly string[], input: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolveEnded) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', ...environment }, maxBuffer: 1 << 26 };
    const child = execFile(program, [...programArguments], options, (error, stdout, stderr) =>
      resolveEnded({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, output: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

/** A tested table that nobody protects: what honest work of a `write` step goes to. */
export const ordersTable = `
  CREATE TABLE orders (id serial PRIMARY KEY, body text, amount numeric(10, 2), at timestamptz DEFAULT now(), extra jsonb);
  INSERT INTO orders (body, amount) SELECT 'row ' || n, n FROM generate_series(1, 10) n;
`;
