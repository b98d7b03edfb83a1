// The models without a target to choose from, the usual one first. A new one is a file here and its line in the list.
import type { Grouper } from './grouper.ts';
import { kMeans } from './k-means.ts';

export const groupers: readonly Grouper[] = [kMeans];
