/** The shape of a comparison of two plans: plain data, every difference once, with both places and a class. */

/** What a difference is about. `section`, `direction` ("Execute from …") and `open sentence` (unclaimed, unread) are what plans hold beside the parts of `Plan`. */
export type Part =
  | 'title'
  | 'metadata'
  | 'section'
  | 'policy'
  | 'protected table'
  | 'precondition'
  | 'task'
  | 'input'
  | 'step'
  | 'direction'
  | 'capture'
  | 'expectation'
  | 'criterion'
  | 'report field'
  | 'open sentence';

/** What a reader of a comparison looks for first. */
export const partOrder: readonly Part[] = [
  'policy',
  'protected table',
  'criterion',
  'expectation',
  'capture',
  'report field',
  'precondition',
  'task',
  'direction',
  'open sentence',
  'step',
  'input',
  'section',
  'metadata',
  'title',
];

/** `weaker`: what could not pass before may pass now. `unclear`: a person must look. `equal`: the same is done and shown. */
export type ChangeClass = 'weaker' | 'unclear' | 'stronger' | 'equal';

/** In the order in which people want to read them. */
export const changeClasses: readonly ChangeClass[] = ['weaker', 'unclear', 'stronger', 'equal'];

export type ChangeKind = 'added' | 'lost' | 'changed' | 'moved' | 'reworded';

/** A line of one of the two documents; `line` counts from 1. */
export interface ComparedLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export interface Change {
  readonly part: Part;
  readonly change: ChangeKind;
  readonly class: ChangeClass;
  /** What of the part differs (`timeoutMs`, `claim`, `scope`); absent where it was added or lost as a whole. */
  readonly facet?: string;
  readonly reason: string;
  readonly old?: ComparedLine;
  readonly new?: ComparedLine;
}

export interface Comparison {
  readonly changes: readonly Change[];
  readonly counts: Readonly<Record<ChangeClass, number>>;
}
