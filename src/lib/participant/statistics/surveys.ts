// Surveys, before any has come: what answers them is loaded with the first.
import type { Equipping } from '../equipping.ts';
import type { Ground } from '../ground.ts';
import type { PersonalModels } from '../personal-models.ts';
import type { SumTalk } from '../secure-sum/sum-round.ts';
import type { AnswerSurveys } from './answer-surveys.ts';
import { answeredSurveys, type Answered } from './own-surveys.ts';

export interface ParticipantSurveys {
  /** Begins to hear of them; each entry ends that. */
  listen(): readonly (() => void)[];
  /** Those that this device has answered, over reloads. */
  answered(): Promise<readonly Answered[]>;
  summing(survey: number, say: (sum: SumTalk) => void): void;
  stop(): void;
}

export function createSurveys(
  ground: Ground,
  equipping: Equipping,
  personal: Pick<PersonalModels, 'startOf'>,
): ParticipantSurveys {
  const { federation, link, store } = ground.options;
  let answering: AnswerSurveys | undefined;
  let loading: Promise<AnswerSurveys> | undefined;

  const loaded = (): Promise<AnswerSurveys> =>
    (loading ??= import('./answer-surveys.ts').then(
      ({ createAnswerSurveys }) => (answering = createAnswerSurveys(ground, equipping, personal)),
    ));
  return {
    listen: () => [
      link.on('survey', (message) => {
        if (message.federation === federation)
          ground.background(loaded().then((surveys) => surveys.asked(message)));
      }),
      link.on('survey-ended', (message) => answering?.ended(message)),
    ],
    answered: () => answeredSurveys(store, federation),
    summing: (survey, say) => answering?.summing(survey, say),
    stop: () => answering?.stop(),
  };
}
