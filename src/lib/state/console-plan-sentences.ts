// What the numbers of a form mean, in a sentence that moves while they are typed: the cohort, the bytes, the time;
// and the data contract in one sentence. Made of the same values as the spec, so that it cannot say something else.
import { exampleShape, classLabels, type DataContract } from '#lib/core/data/contract.ts';
import { cohortSize } from './console-draft-check.ts';
import type { Draft } from './console-draft.ts';
import { durationInWords } from './console-durations.ts';
import { bytes, count } from './format.ts';

/** "Each round asks 11 devices so that 8 updates come back …"; undefined while a number is missing. */
export function roundSentences(rules: Draft['rules'], modelBytes: number | undefined): string[] | undefined {
  const { goal, minimum, overSelection, selectionDeadlineMs, reportingDeadlineMs, pauseMs, maximumRounds } =
    rules;
  if (
    goal === null ||
    minimum === null ||
    overSelection === null ||
    selectionDeadlineMs === null ||
    reportingDeadlineMs === null ||
    pauseMs === null ||
    maximumRounds === null
  )
    return undefined;
  const cohort = cohortSize(goal, overSelection);
  const spare = cohort - goal;
  const sentences = [
    `A cohort of ${count(cohort)} for ${count(goal)} updates${spare === 0 ? '; there is nobody to spare when a device leaves' : `: up to ${spare} may leave`}. With fewer than ${count(minimum)} the round is abandoned.`,
    `A round waits up to ${durationInWords(selectionDeadlineMs)} until ${count(cohort)} devices are here (from ${count(minimum)} on it then goes on without the rest), and up to ${durationInWords(reportingDeadlineMs)} for their updates${pauseMs === 0 ? '' : `, then pauses ${durationInWords(pauseMs)}`}; ${count(maximumRounds)} rounds take at most ${durationInWords((selectionDeadlineMs + reportingDeadlineMs + pauseMs) * maximumRounds)}, usually much less.`,
  ];
  if (modelBytes !== undefined)
    sentences.push(
      `About ${bytes(modelBytes)} down and ${bytes(modelBytes)} up per device a round: ${bytes(2 * modelBytes * maximumRounds)} for a device that takes part in all ${count(maximumRounds)}, and ${bytes(2 * modelBytes * cohort)} through this server a round.`,
    );
  return sentences;
}

/** "Pictures of 28 × 28 pixels, grey; 10 classes: 0, 1, 2, 3, 4, 5 and more." */
export function contractSentence(contract: DataContract): string {
  const labels = classLabels(contract);
  const some =
    labels === undefined
      ? ''
      : `${labels.length} classes: ${labels.slice(0, 6).join(', ')}${labels.length > 6 ? ' and more' : ''}`;
  if (contract.kind === 'image')
    return `Pictures of ${contract.width} × ${contract.height} pixels, ${contract.channels === 1 ? 'grey' : 'colour'}; ${some}.`;
  const [features] = exampleShape(contract);
  return `Tables with ${contract.columns.length} ${contract.columns.length === 1 ? 'column' : 'columns'} (${features} inputs once encoded) that tell ${contract.target.name}${labels === undefined ? ', a number' : `; ${some}`}.`;
}
