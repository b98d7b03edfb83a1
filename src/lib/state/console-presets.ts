// What a new federation can start from: each a whole draft that works as it stands, or nearly.
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';
import { contractDraft, emptyDraft, type Draft } from './console-draft.ts';

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly draft: () => Draft;
}

export const presets: readonly Preset[] = [
  {
    name: 'drawn-digits',
    title: 'Drawn digits',
    text: 'Works at once: every device can make its own sample of digits.',
    draft: () => {
      const draft = emptyDraft();
      return {
        ...draft,
        ...contractDraft(drawnDigitsContract),
        brief: {
          title: 'Hand-drawn digits',
          purpose: 'Learns to read digits as many hands draw them, without any drawing being collected.',
          coordinator: '',
          decision: 'Which digit a form is filled in with; today somebody types it.',
          predicts: 'The digit on a picture, 0 to 9.',
          unit: 'A picture of one digit.',
          affected: 'Whoever wrote the form: a digit read wrong is a wrong number until somebody notices.',
          outOfScope: 'Letters, several digits on one picture, and finding out who wrote them.',
          dataWanted: 'Digits from 0 to 9, drawn by you or made by the sample on your device.',
        },
        metric: { name: 'accuracy', target: 0.97 },
        options: { ...draft.options, mlp: { ...draft.options['mlp'], hidden: '64' } },
        plan: { ...draft.plan, learningRate: 0.05 },
        rules: { ...draft.rules, goal: 4, minimum: 2, selectionDeadlineMs: 30_000 },
        sample: 'drawn-digits',
      };
    },
  },
  {
    name: 'patient-cohort',
    title: 'Patient cohort',
    text: 'A table with numbers and categories; a sample cohort can be made on every device.',
    draft: () => {
      const draft = emptyDraft();
      return {
        ...draft,
        ...contractDraft(patientCohortContract),
        brief: {
          title: 'Patient risk',
          purpose:
            'Estimates a risk from a few measurements, as several clinics see it, without a record leaving any of them.',
          coordinator: '',
          decision: 'Whom a clinic asks to come for a second look; today by the doctor’s impression alone.',
          predicts: 'Whether a patient has the disease.',
          unit: 'A patient, at one visit.',
          affected: 'Patients: who is missed is treated late, who is called in vain is worried.',
          outOfScope: 'Deciding without a doctor, insurance, and patients unlike those of the clinics.',
          dataWanted:
            'A table of patients with the columns listed, or the sample cohort made on your device.',
        },
        metric: { name: 'balanced-accuracy', target: null },
        options: { ...draft.options, mlp: { ...draft.options['mlp'], hidden: '16' } },
        plan: { ...draft.plan, localEpochs: 2, batchSize: 16, learningRate: 0.05, momentum: 0.9 },
        rules: { ...draft.rules, goal: 3, minimum: 2, selectionDeadlineMs: 60_000 },
        sample: 'patient-cohort',
      };
    },
  },
  {
    name: 'image',
    title: 'Image classes',
    text: 'Pictures in folders, one a class. You name the classes and the size.',
    draft: () => ({ ...emptyDraft(), family: 'cnn-mcmahan' as const }),
  },
  {
    name: 'table',
    title: 'Table',
    text: 'Rows of a CSV. Drop an example file and its columns are read in your browser.',
    draft: () => {
      const draft = emptyDraft();
      return {
        ...draft,
        kind: 'table' as const,
        options: { ...draft.options, mlp: { ...draft.options['mlp'], hidden: '32' } },
        plan: { ...draft.plan, localEpochs: 2, batchSize: 16, learningRate: 0.05 },
      };
    },
  },
];
