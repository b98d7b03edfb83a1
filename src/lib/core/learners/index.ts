// The learners to choose from, simplest first. A new one is a file here and its line in the list.
import { boostedTrees } from './boosted-trees.ts';
import { constant } from './constant.ts';
import { forest, oneRule, tree } from './forest.ts';
import type { Learner } from './learner.ts';
import { linear } from './linear.ts';
import { logistic } from './logistic.ts';
import { nearestNeighbours } from './nearest-neighbours.ts';
import { persistence, seasonalNaive } from './series-naive.ts';

export const learners: readonly Learner[] = [
  constant,
  persistence,
  seasonalNaive,
  oneRule,
  linear,
  logistic,
  nearestNeighbours,
  tree,
  forest,
  boostedTrees,
];
