// What the numbers of a form mean, in a sentence that moves while they are typed: the cohort, the bytes, the time;
// and the data contract in one sentence. Made of the same values as the spec, so that it cannot say something else.
import { exampleShape, classLabels, type DataContract } from '#lib/core/data/contract.ts';
import { cohortSize } from './console-draft-check.ts';
import type { WireCosts } from './console-draft-strategy.ts';
import type { Draft } from './console-draft.ts';
import { durationInWords } from './console-durations.ts';
import { bytes, count } from './format.ts';

/** "Each round asks 11 devices so that 8 updates come back …"; undefined while a number is missing. */
export function roundSentences(rules: Draft['rules'], costs: WireCosts | undefined): string[] | undefined {
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
  if (costs !== undefined) {
    const { up, down } = costs;
    const both = up.bytes + down.bytes;
    // A device's first version comes whole; what is sent by a codec is the step from the version it holds.
    const first = down.bytes === down.exactBytes ? '' : ` (the first time ${bytes(down.exactBytes)})`;
    sentences.push(
      `About ${bytes(down.bytes)} down${first} and ${bytes(up.bytes)} up per device a round: ${bytes(both * maximumRounds)} for a device that takes part in all ${count(maximumRounds)}, and ${bytes(both * cohort)} through this server a round.`,
    );
  }
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
  if (contract.kind === 'audio')
    return `Recordings of ${contract.milliseconds} ms at ${contract.sampleRate} Hz, heard in ${contract.mels} bands; ${some}.`;
  const [features] = exampleShape(contract);
  return `Tables with ${contract.columns.length} ${contract.columns.length === 1 ? 'column' : 'columns'} (${features} inputs once encoded) that tell ${contract.target.name}${labels === undefined ? ', a number' : `; ${some}`}.`;
}
