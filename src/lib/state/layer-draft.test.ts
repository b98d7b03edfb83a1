import { describe, expect, test } from 'vitest';
import type { DataContract } from '../core/data/contract.ts';
import { LayerDraft } from './layer-draft.svelte.ts';

const digits: DataContract = {
  kind: 'image',
  height: 8,
  width: 8,
  channels: 1,
  classes: ['0', '1', '2'],
};
const message = (draft: LayerDraft): string => (draft.checked.ok ? '' : draft.checked.error.message);
const types = (draft: LayerDraft): string[] => draft.spec.layers.map((layer) => layer.type);

describe('layers put together by hand', () => {
  test('begin as the simplest family that suits, or as another', () => {
    const draft = new LayerDraft(digits);
    expect(types(draft)).toEqual(['flatten', 'dense']);
    expect(draft.checked.ok && draft.checked.value.parameterCount).toBe(64 * 3 + 3);
    draft.startFrom('gru');
    expect(types(draft)).toEqual(['reshape', 'gru', 'dense']);
    expect(draft.families.map((family) => family.name)).not.toContain('linear-regression');
  });

  test('a layer that does not fit is named, and those before it still have their shapes', () => {
    const draft = new LayerDraft(digits);
    draft.add('gru', 0);
    expect(message(draft)).toBe('Layer 2 (gru) expected a sequence [steps, channels], but got [64].');
    expect(draft.built.map((layer) => layer.outputShape)).toEqual([[64]]);
    draft.move(1, -1);
    expect(types(draft)).toEqual(['gru', 'flatten', 'dense']);
    expect(message(draft)).toContain('Layer 1 (gru) expected a sequence');
    draft.remove(0);
    expect(draft.checked.ok).toBe(true);
  });

  test('what fits within but not the data is said of the layer at that end', () => {
    const draft = new LayerDraft(digits);
    draft.set(1, { type: 'dense', units: 4, activation: 'softmax', useBias: true });
    expect(message(draft)).toBe('Layer 2 (dense) gives 4 numbers, but there are 3 classes.');
    draft.type(draft.text.replace('[8,8,1]', '[8,9,1]'));
    expect(message(draft)).toContain('Layer 1 (flatten) is made for an input of [8, 9, 1]');
  });

  test('list and text are one: what is typed is in the list, what is no network leaves it alone', () => {
    const draft = new LayerDraft(digits);
    const text = draft.text.replace('"units":3', '"units":5');
    draft.type(text);
    expect(draft.spec.layers[1]).toMatchObject({ units: 5 });
    draft.type(text.replace('"units":5', '"units":"many"'));
    expect(draft.textProblem).toContain('Layer 2 (dense): units:');
    expect(draft.spec.layers[1]).toMatchObject({ units: 5 });
    expect(draft.text).toContain('many');
    draft.type('{');
    expect(draft.textProblem).toContain('not JSON');
    draft.add('dropout', 0);
    expect(draft.textProblem).toBeUndefined();
    expect(draft.text).toContain('{"type":"dropout","rate":0.3}');
  });

  test('every change is undone and done again, typed ones too', () => {
    const draft = new LayerDraft(digits);
    const start = draft.text;
    draft.add('dropout', 0);
    draft.type(draft.text.replace('0.3', '0.5'));
    const end = draft.text;
    draft.undo();
    expect(draft.text).toContain('0.3');
    draft.undo();
    expect([draft.text, draft.canUndo]).toEqual([start, false]);
    draft.redo();
    draft.redo();
    expect([draft.text, draft.canRedo]).toEqual([end, false]);
    draft.undo();
    draft.remove(0);
    expect(draft.canRedo).toBe(false);
  });

  test('frozen layers stay as they are, by hand and by text, until others are begun with', () => {
    const draft = new LayerDraft(digits);
    draft.startFrom('mlp');
    const { spec } = draft;
    draft.standOn(spec, { layers: 2, parameters: new Float32Array(64 * 200 + 200) });
    draft.remove(0);
    draft.move(2, -1);
    draft.set(1, { type: 'flatten' });
    expect(draft.spec).toEqual(spec);
    draft.add('dropout', -1);
    expect(types(draft)).toEqual(['flatten', 'dense', 'dropout', 'dense', 'dense']);
    draft.type(draft.text.replace('"units":200', '"units":100'));
    expect(draft.textProblem).toContain('Layer 2 is frozen');
    draft.undo();
    draft.undo();
    expect([draft.frozen, draft.textProblem]).toEqual([0, undefined]);
    draft.redo();
    expect(draft.frozen).toBe(2);
    draft.startFrom('mlp');
    expect(draft.frozen).toBe(0);
  });

  test('one layer always stays', () => {
    const draft = new LayerDraft(digits);
    draft.remove(0);
    draft.remove(0);
    expect(draft.spec.layers.length).toBe(1);
  });
});
