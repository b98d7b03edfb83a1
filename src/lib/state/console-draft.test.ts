import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { exactAveraging, exactSums, FederationSpec } from '#lib/core/federation.ts';
import { wireCosts } from './console-draft-strategy.ts';
import { checkDraft, cohortSize, modelTyped, stepOf } from './console-draft-check.ts';
import { changeModel } from './console-draft-family.ts';
import { FederationDraft, type DraftSending, type DraftStorage } from './console-draft.svelte.ts';
import { numbersTyped } from './console-draft-numbers.ts';
import { tooFewHeldOut } from './console-draft-rounds.ts';
import { DraftTuning, plainTuning, tuningWords } from './console-draft-tuning.ts';
import { Draft, draftFrom, emptyColumn, emptyDraft } from './console-draft.ts';
import { learningRows } from './console-model.ts';
import { presets } from './console-presets.ts';
import { roundSentences } from './console-plan-sentences.ts';

const digits = (): Draft => ({
  ...emptyDraft(),
  brief: {
    title: 'Digits',
    purpose: 'Read digits.',
    coordinator: 'Ada',
    dataWanted: 'Drawn digits.',
    decision: 'Which number a form says.',
    predicts: 'A digit.',
    unit: 'A picture.',
    affected: 'Whoever wrote it.',
    outOfScope: 'Letters.',
  },
  image: { height: 28, width: 28, channels: 1, classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
});
const patients = (): Draft => ({
  ...digits(),
  kind: 'table',
  table: {
    rules: [],
    columns: [
      { ...emptyColumn(1), name: 'age', mean: 54, standardDeviation: 9, minimum: 0, maximum: 120 },
      {
        ...emptyColumn(2),
        name: 'chest pain',
        type: 'category',
        categories: ['typical', 'atypical', 'none'],
      },
    ],
    target: {
      ...emptyDraft().table.target,
      name: 'disease',
      classes: [
        { key: 1, label: 'healthy', values: ['0'] },
        { key: 2, label: 'ill', values: ['1', '2', '3', '4'] },
      ],
    },
  },
});
const memory = (): DraftStorage & { readonly kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
};

describe('a draft of a federation', () => {
  test('becomes the spec that the server reads, and the network of its family', () => {
    const { spec, issues, model } = checkDraft(digits());
    expect([...issues]).toEqual([]);
    expect(v.is(FederationSpec, spec)).toBe(true);
    // 784·200 + 200 + 200·200 + 200 + 200·10 + 10 (McMahan et al. 2017, §3).
    expect(model.ok && model.value.parameterCount).toBe(199_210);
  });
  test('holds devices out for good, warns where they would be too few, and refuses where none of them could tell', () => {
    const draft = digits();
    draft.further.heldOutDevices = 0.2;
    const { spec } = checkDraft(draft);
    expect(spec?.rules.heldOutDevices).toBe(0.2);
    expect(draftFrom(spec!).further.heldOutDevices).toBe(0.2);
    expect(checkDraft(digits()).spec?.rules).not.toHaveProperty('heldOutDevices');
    // 0.2 · 8 is less than two, 0.2 · 10 is not.
    expect([tooFewHeldOut(0.2, 8), tooFewHeldOut(0.2, 10), tooFewHeldOut(null, 2)]).toEqual([
      expect.stringContaining('count on 10 devices or more'),
      undefined,
      undefined,
    ]);
    draft.further.heldOutDevices = 0.7;
    expect(checkDraft(draft).issues.has('rules.heldOutDevices')).toBe(true);
    draft.further.heldOutDevices = 0.2;
    draft.secureSum.type = 'on';
    expect(checkDraft(draft).issues.get('rules.heldOutDevices')).toContain('Under secure aggregation');
  });
  test('of a table encodes each column, and a class without listed values means itself', () => {
    const draft = patients();
    const target = draft.table.target.classes[0];
    if (target !== undefined) target.values = [];
    const { spec, model } = checkDraft(draft);
    expect(
      spec?.contract.kind === 'table' &&
        spec.contract.target.type === 'classes' &&
        spec.contract.target.classes[0]?.values,
    ).toEqual(['healthy']);
    expect(model.ok && model.value.type === 'network' && model.value.network.spec.inputShape).toEqual([4]);
  });
  test('names each mistake at the path of its field, in words', () => {
    const draft = digits();
    draft.brief.title = ' ';
    draft.rules.goal = null;
    draft.rules.reportingDeadlineMs = 1_000;
    draft.plan.learningRate = 0;
    draft.plan.localEpochs = 1.5;
    draft.image.classes = ['cat', 'cat'];
    draft.id = 'Not An Id';
    const { spec, issues } = checkDraft(draft);
    expect(spec).toBeUndefined();
    expect(Object.fromEntries(issues)).toEqual({
      id: 'Needs lower-case letters, digits and hyphens, 1 to 48 characters.',
      'brief.title': 'Needs some words here.',
      'contract.classes': 'Needs classes that differ from one another.',
      'plan.localEpochs': 'A whole number.',
      'plan.learningRate': 'More than 0.',
      'rules.goal': 'A number is needed here.',
      'rules.reportingDeadlineMs': 'At least 5 s.',
    });
  });
  test('a minimum above the goal, a metric of another kind, and a share of 90 instead of 0.9 are pointed out', () => {
    const draft = patients();
    draft.rules.minimum = 9;
    draft.metric = { name: 'rmse', target: null };
    expect(checkDraft(draft).issues.get('rules.minimum')).toBe('Needs a minimum that is not above the goal.');
    expect(checkDraft(draft).issues.get('metric.name')).toMatch(/^RMSE does not apply/);
    draft.metric = { name: 'accuracy', target: 90 };
    expect(checkDraft(draft).issues.get('metric.target')).toBe('A share between 0 and 100 %.');
  });
  test('a target that is also an input, and a range the wrong way round, are pointed out', () => {
    const draft = patients();
    draft.table.target.name = 'age';
    const [age] = draft.table.columns;
    if (age !== undefined) age.maximum = -1;
    const { issues } = checkDraft(draft);
    expect(issues.get('contract.columns.0.name')).toBe('The target cannot also be an input.');
    expect(issues.get('contract.columns.0.maximum')).toBe('Not below the minimum.');
  });
  test('a setting of the family is refused at that setting', () => {
    const draft = digits();
    draft.options = { ...draft.options, mlp: { hidden: '200, many', dropout: 0 } };
    const network = modelTyped(draft);
    expect(!network.ok && network.error).toEqual({
      path: 'options.hidden',
      message: 'This is not a number.',
    });
  });
  test('an imported network must take the examples and answer as the contract says', () => {
    const draft = digits();
    draft.family = 'imported';
    draft.imported = {
      fileName: 'model.json',
      notes: [],
      network: {
        inputShape: [784],
        layers: [{ type: 'dense', units: 10, activation: 'softmax', useBias: true }],
        loss: 'categorical-crossentropy',
      },
    };
    const network = modelTyped(draft);
    expect(!network.ok && network.error.message).toBe(
      'The model takes [784], but an example of the data contract is [28, 28, 1].',
    );
    draft.imported.network = {
      ...draft.imported.network,
      inputShape: [28, 28, 1],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 7, activation: 'softmax', useBias: true }],
    };
    const other = modelTyped(draft);
    expect(!other.ok && other.error.message).toBe('The model has 7 outputs, but the data contract needs 10.');
  });
  test('typed again from its own spec, it makes the same spec', () => {
    for (const draft of [
      digits(),
      patients(),
      { ...digits(), family: 'cnn-mcmahan' as const },
      { ...patients(), family: 'softmax-regression' as const },
    ]) {
      const { spec } = checkDraft(draft);
      if (spec === undefined) throw new Error('The draft should be complete.');
      const again = draftFrom(spec);
      expect(again.family).toBe(spec.family);
      expect(checkDraft(again).spec).toEqual(spec);
    }
  });
  test('from a sample is whole but for the name of its coordinator, and other presets ask for what only a person knows', () => {
    const missing = Object.fromEntries(
      presets.map((preset) => [preset.name, [...checkDraft(preset.draft()).issues.keys()]]),
    );
    expect(missing['drawn-digits']).toEqual(['brief.coordinator']);
    expect(missing['patient-cohort']).toEqual(['brief.coordinator']);
    expect(missing['image']).toContain('contract.classes.0');
    expect(missing['table']).toContain('contract.columns.0.name');
  });
  test('a sample that no longer fits the contract is pointed out', () => {
    const draft = presets[0]?.draft() ?? emptyDraft();
    draft.image.height = 20;
    expect(checkDraft(draft).issues.get('sample')).toMatch(/does not fit/);
  });
  test('every path belongs to the step that shows its field', () => {
    expect(
      ['brief.title', 'contract.columns.0.name', 'options.hidden', 'rules.goal', 'id'].map(stepOf),
    ).toEqual(['brief', 'data', 'model', 'rounds', 'brief']);
  });
  test('a list of numbers may be typed in any of the usual ways', () => {
    expect(numbersTyped('200, 200')).toEqual([200, 200]);
    expect(numbersTyped(' 64;32 16')).toEqual([64, 32, 16]);
    expect(numbersTyped('')).toEqual([]);
    expect(numbersTyped('20, x')).toEqual([20, 'x']);
  });
  test('how pictures are varied comes back as it was typed, holds of pictures alone, and stands in words', () => {
    const draft = digits();
    expect(checkDraft(draft).spec?.plan).not.toHaveProperty('augmentation');
    draft.augmentation = { flip: true, shift: 0.125, turn: 0, light: 0.2, cutout: 0 };
    const { spec } = checkDraft(draft);
    expect(spec?.plan.augmentation).toEqual(draft.augmentation);
    expect(draftFrom(spec!).augmentation).toEqual(draft.augmentation);
    expect(learningRows(spec!, undefined)[0]?.value).toMatch(
      /; pictures varied: half of them mirrored, moved by up to 12\.5\u202f% of a side, brightness and contrast changed by up to 20\u202f%$/,
    );
    expect(checkDraft({ ...patients(), augmentation: draft.augmentation }).spec?.plan).not.toHaveProperty(
      'augmentation',
    );
    draft.augmentation = { ...draft.augmentation, shift: 3, turn: null };
    expect([...checkDraft(draft).issues]).toEqual([
      ['plan.augmentation.shift', 'At most 0.5.'],
      ['plan.augmentation.turn', 'A number is needed here.'],
    ]);
  });
  test('settings that rounds try come back as they were typed, and are refused where they cannot be tried', () => {
    const draft: Draft = {
      ...digits(),
      plan: { ...digits().plan, localEpochs: 2 },
      tuning: {
        ...plainTuning(),
        type: 'on',
        learningRates: '0.1 0.3',
        localEpochs: '1, 2',
      },
    };
    const { spec } = checkDraft(draft);
    expect(spec?.tuning).toEqual({
      by: 'fedex',
      learningRates: [0.1, 0.3],
      localEpochs: [1, 2],
      batchSizes: [],
    });
    expect(spec && tuningWords(spec)).toBe(
      'rounds try 4: learning rate 0.1, 1 epoch; learning rate 0.1, 2 epochs; learning rate 0.3, 1 epoch; learning rate 0.3, 2 epochs',
    );
    expect(spec && draftFrom(spec).tuning).toEqual({
      ...draft.tuning,
      learningRates: '0.1, 0.3',
    });
    const issueOf = (change: Partial<Draft>) => checkDraft({ ...draft, ...change }).issues.get('tuning');
    expect(
      issueOf({
        secureSum: { ...draft.secureSum, type: 'on' },
        transfer: { uplink: 'f32', downlink: 'f32' },
      }),
    ).toContain('no figure of a single one');
    expect(issueOf({ strategy: { ...draft.strategy, name: 'median' } })).toContain(
      'Choose a strategy that averages',
    );
    expect(
      checkDraft({ ...draft, tuning: { ...draft.tuning, learningRates: '0.1, x' } }).issues.get(
        'tuning.learningRates',
      ),
    ).toBe('This is not a number.');
    // Ranges for a population.
    const ranges = { learningRate: '0.01 1', localEpochs: '', batchSize: '5, 20' };
    const evolving: Draft = { ...draft, tuning: { ...draft.tuning, by: 'fedpop', ranges } };
    const evolved = checkDraft(evolving).spec;
    expect(evolved?.tuning).toEqual({
      by: 'fedpop',
      population: 6,
      learningRate: { least: 0.01, most: 1 },
      batchSize: { least: 5, most: 20 },
    });
    expect(evolved && tuningWords(evolved)).toBe(
      'a population of 6 between learning rate 0.01, batches of 5 and learning rate 1, batches of 20',
    );
    expect(evolved && draftFrom(evolved).tuning).toEqual({
      ...plainTuning(),
      type: 'on',
      by: 'fedpop',
      ranges: { ...ranges, learningRate: '0.01, 1' },
    });
    const rangeIssue = (learningRate: string) =>
      checkDraft({
        ...evolving,
        tuning: { ...evolving.tuning, ranges: { ...ranges, learningRate } },
      }).issues.get('tuning.learningRate');
    for (const typed of ['0.1', '0.1, x', '0.01, 0.1, 1']) expect(rangeIssue(typed)).toContain('Two numbers');
    expect(rangeIssue('1, 0.1')).toContain('there is nothing');
    // A draft of before there was a choice.
    const { by: _, ranges: __, population: ___, ...before } = plainTuning();
    expect(v.parse(DraftTuning, before)).toEqual(plainTuning());
    // Off, lists that were typed stay, and count for nothing.
    expect(checkDraft({ ...draft, tuning: { ...draft.tuning, type: 'off' } }).spec).not.toHaveProperty(
      'tuning',
    );
  });
});

describe('the form of a draft', () => {
  const sent: DraftSending = {
    storageKey: 'draft',
    send: async () => ({
      ok: false,
      error: {
        error: 'invalid',
        message: 'No.',
        issues: [{ path: 'spec.rules.goal', message: 'Too many for this server.' }],
      },
    }),
  };
  test('points a mistake out only once its field or step was left', () => {
    const form = new FederationDraft({ ...digits(), brief: { ...digits().brief, title: '' } }, sent);
    expect(form.issueAt('brief.title')).toBeUndefined();
    form.touch('brief.title');
    expect(form.issueAt('brief.title')).toBe('Needs some words here.');
    form.value.rules.goal = null;
    form.leave('rounds');
    expect(form.issueWithin('rules')).toBe('A number is needed here.');
  });
  test('is saved once it was changed, and taken up again', () => {
    const storage = memory();
    const form = new FederationDraft(digits(), sent);
    form.save(storage, 1);
    expect(storage.kept.size).toBe(0);
    form.value.brief.title = 'Letters';
    form.save(storage, 2);
    const later = new FederationDraft(emptyDraft(), sent);
    later.restore(storage);
    expect([later.value.brief.title, later.restored]).toEqual(['Letters', true]);
    later.forget(storage);
    expect(storage.kept.size).toBe(0);
  });
  test('forgets a saved draft that no longer reads as one', () => {
    const storage = memory();
    storage.setItem('draft', '{"brief":3}');
    const form = new FederationDraft(digits(), sent);
    form.restore(storage);
    expect([form.restored, storage.kept.size, form.value.brief.title]).toEqual([false, 0, 'Digits']);
  });
  test("shows the server's refusal at its field until the draft is changed", async () => {
    const form = new FederationDraft(digits(), sent);
    expect(await form.send()).toBeUndefined();
    expect(form.failure).toBe('No.');
    expect(form.issueAt('rules.goal')).toBe('Too many for this server.');
    form.value.rules.goal = 6;
    expect(form.issueAt('rules.goal')).toBeUndefined();
  });
});

describe('a draft of a model that is learnt from sums', () => {
  const trees = (): Draft => {
    const draft = patients();
    changeModel(draft, (one) => (one.family = 'boosted-trees'));
    return draft;
  };
  test('becomes its spec: whatever was typed of training does not count, and rounds follow its settings', () => {
    const draft = trees();
    // 40 stages of 4 levels, and one round of counts.
    expect(draft.rules.maximumRounds).toBe(161);
    const stages = (typed: number | null): void =>
      changeModel(
        draft,
        (one) => (one.options['boosted-trees'] = { ...one.options['boosted-trees'], stages: typed }),
      );
    draft.strategy.name = 'median';
    // As it is typed: emptied first.
    stages(null);
    expect(draft.rules.maximumRounds).toBeNull();
    stages(5);
    expect(draft.rules.maximumRounds).toBe(21);
    const { spec, issues, model } = checkDraft(draft);
    expect([...issues]).toEqual([]);
    expect(spec).toMatchObject({ family: 'boosted-trees', trees: { stages: 5 }, ...exactSums });
    expect(model.ok && model.value.type).toBe('sums');
    draft.rules.maximumRounds = 12;
    stages(6);
    expect(draft.rules.maximumRounds).toBe(12);
  });
  test('clusters bring their own measure, and a network its own again', () => {
    const draft = trees();
    draft.metric.target = 0.9;
    changeModel(draft, (one) => (one.family = 'k-means'));
    expect(draft.metric).toEqual({ name: 'inertia', target: null });
    expect(checkDraft(draft).spec).toMatchObject({ family: 'k-means', clusters: { clusters: 8 } });
    // 30 iterations, and one round of candidates.
    expect(draft.rules.maximumRounds).toBe(31);
    changeModel(draft, (one) => (one.family = 'mlp'));
    expect(draft.metric.name).toBe('accuracy');
    expect(draft.rules.maximumRounds).toBe(emptyDraft().rules.maximumRounds);
    expect([...checkDraft(draft).issues]).toEqual([]);
  });
  test('that was saved before there was such a model takes its settings at their defaults', () => {
    const draft = patients();
    draft.options = { mlp: draft.options['mlp']! };
    changeModel(draft, (one) => (one.family = 'boosted-trees'));
    expect(draft.options['boosted-trees']).toMatchObject({ stages: 40, depth: 4, binning: 'quantiles' });
  });
  test('is refused where it does not fit, at the field that it is about', () => {
    const asynchronous = trees();
    asynchronous.further.mode = 'asynchronous';
    asynchronous.rules.pauseMs = 0;
    expect(checkDraft(asynchronous).issues.get('rules.mode')).toContain('choose synchronous rounds');
    const pictures = digits();
    pictures.family = 'boosted-trees';
    expect(checkDraft(pictures).issues.get('family')).toContain('Boosted trees take tables');
    const empty = trees();
    empty.options['boosted-trees'] = { ...empty.options['boosted-trees'], depth: null };
    expect(checkDraft(empty).issues.get('options.depth')).toBe('A number is needed here.');
  });
  test('typed again from its own spec, it makes the same spec', () => {
    const clusters = trees();
    changeModel(clusters, (one) => (one.family = 'k-means'));
    const range = trees();
    range.options['boosted-trees'] = { ...range.options['boosted-trees'], binning: 'range' };
    for (const draft of [trees(), clusters, range]) {
      const { spec } = checkDraft(draft);
      if (spec === undefined) throw new Error('The draft is not complete.');
      expect(checkDraft(draftFrom(spec)).spec).toEqual(spec);
    }
  });
});

describe('what the numbers mean', () => {
  test('the cohort is the goal times over-selection, rounded up, without binary dust', () => {
    expect(cohortSize(8, 1.3)).toBe(11);
    expect(cohortSize(10, 1.1)).toBe(11);
    expect(cohortSize(100, 1.1)).toBe(110);
    expect(cohortSize(5, 1)).toBe(5);
  });
  test('the sentences name cohort, time and bytes', () => {
    const sentences = roundSentences(
      digits().rules,
      wireCosts(199_210, exactAveraging.strategy, exactAveraging.transfer),
    );
    expect(sentences?.[0]).toBe(
      'A cohort of 11 for 8 updates: up to 3 may leave. With fewer than 5 the round is abandoned.',
    );
    // (2 min + 10 min + 5 s) × 40 = 8 h 3 min.
    expect(sentences?.[1]).toContain('40 rounds take at most 8 h 3 min');
    expect(sentences?.[2]).toContain('About 797 kB down and 797 kB up per device a round');
    expect(roundSentences({ ...digits().rules, goal: null }, undefined)).toBeUndefined();
  });
});
