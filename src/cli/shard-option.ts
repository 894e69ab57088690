import { InvalidArgumentError } from '@commander-js/extra-typings';

export interface ShardOption {
  readonly index: number;
  readonly count: number;
}

/** `2/5`: the second of five. */
export function parseShardOption(text: string): ShardOption {
  const [, index = 0, count = 0] = (/^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text.trim()) ?? []).map(Number);
  if (index < 1 || index > count) throw new InvalidArgumentError('Write which shard of how many, such as 2/5.');
  return { index, count };
}

/** How many plans side by side. */
export function parseJobsOption(text: string): number {
  const jobs = /^[1-9]\d{0,2}$/.test(text.trim()) ? Number(text) : 0;
  if (jobs < 1) throw new InvalidArgumentError('Write how many plans side by side, such as 4.');
  return jobs;
}
