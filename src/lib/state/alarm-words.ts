// What is wrong with a training, in words: titles, and what to do about a run of the workbench, whose checkpoints stand on its page.
import { alarmSentence, type TrainingAlarm } from '../participant/training-alarms.ts';
import { number } from './format.ts';

export const alarmTitles: Readonly<Record<TrainingAlarm['type'], string>> = {
  'not-finite': 'Paused: a number is none any more',
  diverging: 'Paused: the loss runs away',
  plateau: 'The loss falls no more',
  slower: 'It has become slower',
};

export function benchAlarmSentence(alarm: TrainingAlarm): string {
  switch (alarm.type) {
    case 'not-finite':
      return `Step ${alarm.step} makes ${alarm.what === 'loss' ? 'the loss' : 'a parameter'} something that is no number (NaN or infinity), and training stands before it. Stop it, then branch from an earlier checkpoint on its page or train anew with a lower learning rate: who goes on meets the same step again.`;
    case 'diverging':
      return `The loss has risen to ${number(alarm.loss)}, from ${number(alarm.first)} at the beginning: training runs away from what it is to learn. Stop it, then branch from an earlier checkpoint on its page or train anew with a lower learning rate; or resume, if you know why.`;
    case 'plateau':
      return `The loss has hardly fallen since step ${alarm.since}. It goes on to its end; fewer epochs would probably do, or a branch with another learning rate.`;
    case 'slower':
      return alarmSentence(alarm);
    default:
      return alarm satisfies never;
  }
}
