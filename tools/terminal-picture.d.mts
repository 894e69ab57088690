/** Cells of one row that look alike, from column `at` on. */
export interface Run {
  readonly at: number;
  readonly look: string;
  readonly text: string;
}
export type Row = readonly Run[];
export function readScreen(bytes: Uint8Array): Promise<readonly Row[]>;
export function textOf(rows: readonly Row[]): readonly string[];
export function wordsOf(lines: readonly string[]): string;
export function linesIn(svg: string): readonly string[];
export function renderPicture(rows: readonly Row[], options: { readonly command: string; readonly title: string }): string;
