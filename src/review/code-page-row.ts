/** A page's own words. `bad` and `good` are an example and its mended form, several lines where it takes them; the codes of reading have theirs from fixtures. */
export interface CodeReason {
  readonly why: string;
  readonly bad?: string;
  readonly good?: string;
}
