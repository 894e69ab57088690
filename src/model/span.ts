/** A place in an author's file. `offset` counts UTF-16 units from 0, `line` and `column` from 1 (after a stripped byte order mark). */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A stretch of an author's file: `start` inclusive, `end` exclusive. `path` is the file as the user named it. */
export interface Span {
  readonly path: string;
  readonly start: Position;
  readonly end: Position;
}
