// What the sums of boosted trees and of clusters give away, in words: for the person whose rows are summed. There is no attack to try:
// what such sums show can be read off them.
import { thingOf } from '../core/data/example-words.ts';
import { secureSumOf, type SummedFederation } from '../core/federation.ts';
import { counted } from './format.ts';

/** Sentences, in order: what is sent, when a single row shows, why there is no picture of it, and what protects. */
export function sumsShown(spec: SummedFederation): readonly string[] {
  const thing = thingOf(spec.contract);
  return [
    ...('trees' in spec ? ofTrees(spec, thing) : ofClusters(spec, thing)),
    `Nothing is trained here, so there is nothing to rebuild from an update by search, and no preview of it: what the sums show is there to be read.`,
    secureSumOf(spec) === undefined
      ? 'No secure sum: the server reads your sums by themselves. With one it would see only those of at least five devices together, in which a group of one is no longer yours for certain.'
      : `The secure sum is on: the server sees the sums of about ${spec.rules.goal} devices together, and no single one's.`,
  ];
}

function ofTrees(
  { trees, contract }: Extract<SummedFederation, { trees: unknown }>,
  thing: string,
): string[] {
  const isNumber = contract.kind === 'table' && contract.target.type === 'number';
  const targets = isNumber ? 'what is told of them on average' : 'of which classes';
  return [
    `In each round, for each branch of the growing tree and for each column apart, your ${thing}s are sorted into ${trees.bins} bins or by category, and the sums of two numbers a bin are sent: how wrong the model is there, and how sure. From the first round's one can read how many ${thing}s lie in each bin, and ${targets}.`,
    `Where a bin holds one ${thing} alone, its value in that column shows, as exactly as the bin is wide. The trees are up to ${counted(trees.depth, 'split')} deep: a branch that only one of your ${thing}s reaches shows all its columns together.`,
  ];
}

function ofClusters({ clusters }: Extract<SummedFederation, { clusters: unknown }>, thing: string): string[] {
  const first =
    clusters.candidates > 1
      ? ` In the first round there are ${clusters.candidates * clusters.clusters} points for that, so groups are smallest then.`
      : '';
  return [
    `In each round your ${thing}s are sorted to the nearest of ${counted(clusters.clusters, 'centre')}, and for each of them two things are sent: how many of your ${thing}s are nearest to it, and their sum.${first}`,
    `The sum of a group of one is that ${thing}, exactly: whoever reads the sums has it. Of two or more only the average shows.`,
  ];
}
