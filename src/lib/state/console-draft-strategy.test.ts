import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { strategies, strategyGroups, strategyNamed } from '#lib/core/aggregation/index.ts';
import { exactAveraging } from '#lib/core/federation.ts';
import { checkDraft, stepOf } from './console-draft-check.ts';
import {
  codecChoices,
  costSentence,
  minimumWords,
  planWords,
  sharedParameters,
  strategyConflict,
  strategyWords,
  transferWords,
  wireCosts,
} from './console-draft-strategy.ts';
import { Draft, draftFrom, emptyDraft } from './console-draft.ts';

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
const named = (name: string) => {
  const strategy = strategyNamed(name);
  if (strategy === undefined) throw new Error(`There should be a strategy “${name}”.`);
  return strategy;
};

describe('a draft’s strategy', () => {
  test('is the chosen one, with its options as typed and none of another', () => {
    const draft = digits();
    draft.strategy.name = 'fedyogi';
    draft.strategy.options['fedyogi'] = { ...draft.strategy.options['fedyogi'], lr: 0.05 };
    draft.strategy.options['fedavgm'] = { beta: 0.5, lr: 1 };
    expect(checkDraft(draft).spec?.strategy).toEqual({
      name: 'fedyogi',
      options: { lr: 0.05, beta1: 0.9, beta2: 0.99, tau: 0.001 },
    });
  });
  test('out of its range, or without a number, is pointed out at that option', () => {
    const draft = digits();
    draft.strategy.name = 'fedyogi';
    draft.strategy.options['fedyogi'] = { lr: 11, beta1: 0.9, beta2: 0.99, tau: 0.001 };
    expect([...checkDraft(draft).issues]).toEqual([
      [
        'strategy.options.lr',
        'Server learning rate of FedYogi needs a number from 0.000001 to 10, but got 11.',
      ],
    ]);
    draft.strategy.options['fedyogi'] = { lr: null, beta1: 0.9, beta2: 0.99, tau: 0.001 };
    expect([...checkDraft(draft).issues]).toEqual([['strategy.options.lr', 'A number is needed here.']]);
    expect(stepOf('strategy.options.lr')).toBe('rounds');
    expect(stepOf('transfer.uplink')).toBe('rounds');
  });
  test('that goes by plain gradient steps stands against Adam, in the list and at the field', () => {
    const draft = digits();
    expect(strategyConflict(draft, named('scaffold'))).toBeUndefined();
    draft.plan.optimizer = 'adam';
    expect(strategyConflict(draft, named('scaffold'))).toMatch(/choose SGD without momentum/);
    draft.strategy.name = 'scaffold';
    expect(checkDraft(draft).issues.get('strategy.name')).toBe(strategyConflict(draft, named('scaffold')));
  });
  test('is judged while the numbers of the plan are still being typed', () => {
    const draft = digits();
    draft.plan.learningRate = null;
    draft.rules.goal = null;
    draft.plan.optimizer = 'adam';
    expect(strategyConflict(draft, named('fednova'))).toMatch(/not Adam/);
    expect(strategyConflict(draft, named('fedavg'))).toBeUndefined();
  });
  test('that compares updates says how many a round needs, and a smaller minimum is pointed out there', () => {
    const draft = digits();
    // Krum wants n ≥ 2f + 3 (Blanchard et al. 2017, proposition 4.2). With f = ⌊0.4·n⌋ that holds for 9 but not for 10,
    // and always from 11 on.
    draft.strategy.name = 'krum';
    draft.strategy.options['krum'] = { ...draft.strategy.options['krum'], bad: 0.4 };
    expect(minimumWords(named('krum'), { bad: 0.4 })).toBe(
      'Compares updates with each other: a round needs at least 11.',
    );
    draft.rules.goal = 12;
    draft.rules.minimum = 10;
    expect(checkDraft(draft).issues.get('rules.minimum')).toMatch(/at least 11/);
    draft.rules.minimum = 11;
    expect([...checkDraft(draft).issues]).toEqual([]);
    // Half is more than any rule stands: the option's own refusal says so.
    expect(minimumWords(named('krum'), { bad: 0.5 })).toBeUndefined();
    expect(minimumWords(named('fedavg'), {})).toBeUndefined();
  });
  test('that needs a root is open to choice, and says what it needs', () => {
    const draft = digits();
    draft.strategy.name = 'fltrust';
    expect(strategyConflict(draft, named('fltrust'))).toBeUndefined();
    expect(minimumWords(named('fltrust'), {})).toMatch(
      /a device that you trust, the root.* at least 2 updates/,
    );
    draft.rules.minimum = 1;
    expect(checkDraft(draft).issues.get('rules.minimum')).toMatch(
      /at least 2 of them, the root’s among them/,
    );
    draft.rules.minimum = 2;
    expect([...checkDraft(draft).issues]).toEqual([]);
  });
  test('stands in one of the groups, and no group is empty', () => {
    const groups = strategyGroups.map((group) => group.name);
    expect(new Set(strategies.map((strategy) => strategy.group))).toEqual(new Set(groups));
  });
  test('that compares updates cannot be had with secure aggregation, and says why', () => {
    const draft = digits();
    draft.rules.minimum = 5;
    draft.rules.goal = 10;
    draft.transfer.uplink = 'f32';
    draft.secureSum = { ...draft.secureSum, type: 'on', ring: 8 };
    const { spec, issues } = checkDraft(draft);
    expect([...issues]).toEqual([]);
    expect(spec?.secureSum).toMatchObject({ type: 'on', ring: 8, profile: 'standard' });
    expect(draftFrom(spec!).secureSum).toEqual(draft.secureSum);
    expect(strategyConflict(draft, strategyNamed('median')!)).toMatch(/their sum alone/);
    expect(strategyConflict(draft, strategyNamed('fedadam')!)).toBeUndefined();
    draft.strategy.name = 'median';
    expect(checkDraft(draft).issues.get('strategy.name')).toMatch(/their sum alone/);
    // The middle way: a strategy that compares gets the means of groups, and one that averages has no use for them.
    const grouped = { ...draft, secureSum: { ...draft.secureSum, groups: 3 } };
    expect(strategyConflict(grouped, strategyNamed('median')!)).toBeUndefined();
    expect(strategyConflict(grouped, strategyNamed('fedavg')!)).toMatch(/needs no groups/);
    expect(strategyConflict(draft, strategyNamed('median')!)).toMatch(/groups as the middle way/);
    grouped.strategy = { ...grouped.strategy, name: 'median' };
    grouped.rules = { ...grouped.rules, goal: 30, minimum: 15, overSelection: 1 };
    const made = checkDraft(grouped).spec;
    expect(made?.secureSum).toMatchObject({ type: 'on', groups: 3 });
    expect(draftFrom(made!).secureSum).toEqual(grouped.secureSum);
    draft.secureSum.type = 'off';
    expect(checkDraft(draft).spec?.secureSum).toBeUndefined();
  });
  test('is kept when a federation is duplicated, with its codecs, its guard and its personal models', () => {
    const draft = digits();
    draft.guard.normFactor = null;
    draft.personalisation = { ...draft.personalisation, type: 'ditto', lambda: 0.5 };
    draft.strategy.name = 'trimmedmean';
    draft.transfer = { uplink: 'topk:0.02', downlink: 'f16' };
    const { spec } = checkDraft(draft);
    if (spec === undefined) throw new Error('The draft should be complete.');
    const again = draftFrom(spec);
    expect([again.strategy.name, again.transfer]).toEqual(['trimmedmean', draft.transfer]);
    expect(spec.personalisation).toEqual({ type: 'ditto', lambda: 0.5 });
    expect([again.guard, again.personalisation]).toEqual([draft.guard, draft.personalisation]);
    expect(checkDraft(again).spec).toEqual(spec);
    // Of the codec that the list does not offer too.
    expect(codecChoices(again.transfer.uplink).at(-1)).toEqual({
      name: 'topk:0.02',
      title: 'The largest 2 % of the entries',
    });
  });
  test('of a draft saved before there was a choice is exact averaging', () => {
    const { brief, metric, id, kind, image, table, family, options, imported, plan, rules, sample } =
      digits();
    const before = { brief, metric, id, kind, image, table, family, options, imported, plan, rules, sample };
    const read = v.parse(Draft, before);
    expect([read.strategy.name, read.transfer]).toEqual(['fedavg', exactAveraging.transfer]);
    expect(checkDraft(read).spec?.transfer).toEqual({ uplink: 'f32', downlink: 'f32' });
  });
});

describe('the bytes of a round', () => {
  test('are those of the codecs, told against exact sending', () => {
    // 2NN of McMahan et al. 2017, 199,210 parameters: 796,840 bytes as f32. In blocks of powers of two EDEN sends no more
    // than 3.1 bits for each.
    const costs = wireCosts(199_210, { name: 'fedavg' }, emptyDraft().transfer);
    if (costs === undefined) throw new Error('The defaults should be known.');
    expect(costs.up.exactBytes).toBe(796_840);
    expect(costs.up.bytes / 199_210).toBeGreaterThan(3 / 8);
    expect(costs.up.bytes / 199_210).toBeLessThan(3.1 / 8);
    expect(costSentence(costs.up, 'up')).toBe('3 bits a parameter: 75 kB up instead of 797 kB, 10.6 × less.');
    const exact = wireCosts(199_210, { name: 'fedavg' }, exactAveraging.transfer);
    expect(exact && costSentence(exact.down, 'down')).toBe('32 bits a parameter: 797 kB down.');
  });
  test('are twice as many up where controls travel with an update, and no codec hides it', () => {
    const costs = wireCosts(1_000, { name: 'scaffold' }, exactAveraging.transfer);
    expect([costs?.up.bytes, costs?.up.bitsPerParameter, costs?.down.bytes]).toEqual([8_000, 64, 4_000]);
  });
  test('of a model of a few numbers can be more than without a codec, and say so', () => {
    // A scale of four bytes and a code for one parameter.
    const costs = wireCosts(1, { name: 'fedavg' }, { uplink: 'eden:3', downlink: 'f32' });
    expect(costs && costSentence(costs.up, 'up')).toMatch(/more than without it/);
  });
  test('leave out the layers that are each device’s own, and some layer must be shared', () => {
    const draft = digits();
    draft.personalisation = { ...draft.personalisation, type: 'fedper', layers: 1 };
    const { model } = checkDraft(draft);
    if (!model.ok || model.value.type !== 'network') throw new Error('It is a network.');
    // The last of three dense layers, 200·10 + 10, stays.
    expect(sharedParameters(model.value.network, { type: 'fedper', layers: 1 })).toBe(199_210 - 2_010);
    expect([...checkDraft(draft).issues]).toEqual([]);
    draft.personalisation.layers = 3;
    expect([...checkDraft(draft).issues]).toEqual([
      ['personalisation.layers', 'At least one layer with parameters must be shared.'],
    ]);
    expect(wireCosts(0, { name: 'fedavg' }, exactAveraging.transfer)).toBeUndefined();
  });
  test('leave out the normalisation that is each device’s own, which the model must have', () => {
    const draft = digits();
    draft.personalisation = { ...draft.personalisation, type: 'fedbn' };
    expect([...checkDraft(draft).issues]).toEqual([
      ['personalisation.type', expect.stringContaining('no normalisation layer')],
    ]);
    draft.options = { ...draft.options, mlp: { ...draft.options['mlp'], normalise: true } };
    const { issues, model, spec } = checkDraft(draft);
    expect([...issues]).toEqual([]);
    // Two hidden layers of 200 without biases; of their normalisation nothing is sent.
    if (!model.ok || model.value.type !== 'network') throw new Error('The draft should make a network.');
    expect(sharedParameters(model.value.network, { type: 'fedbn' })).toBe(199_210 - 2 * 200);
    if (spec === undefined) throw new Error('The draft should be complete.');
    const again = draftFrom(spec);
    expect([again.family, again.options['mlp']?.['normalise'], again.personalisation.type]).toEqual([
      'mlp',
      true,
      'fedbn',
    ]);
    expect(checkDraft(again).spec).toEqual(spec);
  });
  test('of what is not known are not made up', () => {
    expect(wireCosts(10, { name: 'fedavg' }, { uplink: 'zip', downlink: 'f32' })).toBeUndefined();
    expect(wireCosts(10, { name: 'fedsgd' }, exactAveraging.transfer)).toBeUndefined();
  });
});

describe('a plan in words', () => {
  test('names the strategy with its options and the codecs with their bytes', () => {
    expect(strategyWords({ name: 'fedavgm', options: { beta: 0.5 } })).toBe(
      'Averaging with momentum: momentum 0.5, server learning rate 1',
    );
    expect(strategyWords({ name: 'of-a-later-version', options: {} })).toBe('of-a-later-version');
    const costs = wireCosts(1_000, { name: 'fedavg' }, exactAveraging.transfer);
    expect(transferWords(exactAveraging.transfer, costs)).toBe(
      'up exact, 32 bits a parameter (4.0 kB); down exact, 32 bits a parameter (4.0 kB)',
    );
    expect(planWords({ name: 'median', options: {} }, { uplink: 'eden:3', downlink: 'eden:4' })).toBe(
      'Coordinate median · eden:3 up, eden:4 down',
    );
    expect(planWords(exactAveraging.strategy, exactAveraging.transfer)).toBe(
      'Federated averaging · f32 up and down',
    );
  });
});
