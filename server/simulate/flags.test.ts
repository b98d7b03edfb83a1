import { expect, test } from 'vitest';
import { augmentOption, optimizerOf, personalOf, ratesOf, tunerOf } from './flags.ts';

test.each([
  ['sgd', { type: 'sgd', momentum: 0 }],
  ['sgd:momentum=0.9', { type: 'sgd', momentum: 0.9 }],
  ['adam', { type: 'adam' }],
  ['adamw', { type: 'adamw', weightDecay: 0.01 }],
  ['adamw:decay=0.1', { type: 'adamw', weightDecay: 0.1 }],
  ['rmsprop', { type: 'rmsprop' }],
])('the optimiser %s', (text, optimizer) => {
  expect(optimizerOf(text)).toEqual(optimizer);
});

test.each([
  '',
  'adagrad',
  'adam:momentum=0.9',
  'sgd:decay=0.1',
  'sgd:momentum=',
  'sgd:momentum=1',
  'adamw:decay=-1',
  'adamw:decay=x',
])('the optimiser “%s” is refused with those that there are', (text) => {
  expect(() => optimizerOf(text)).toThrow(
    'One of sgd, sgd:momentum=0.9 (0 to 0.999), adam, adamw, adamw:decay=0.01 (0 to 1), rmsprop.',
  );
});

test('how pictures are varied is read from its settings, and what is none of them is refused by name', () => {
  expect(augmentOption('flip=1,shift=0.125')).toEqual({
    flip: true,
    shift: 0.125,
    turn: 0,
    light: 0,
    cutout: 0,
  });
  expect(augmentOption('turn=0')).toBeUndefined();
  for (const [text, message] of [
    ['blur=1', '--augment has no option “blur”. It has flip, shift, turn, light, cutout.'],
    ['shift=3', 'Move pictures of --augment needs a number from 0 to 0.5, but got 3.'],
    ['flip', '“flip” is not option=number, as in flip=0,shift=0,turn=0,light=0,cutout=0.'],
  ] as const)
    expect(() => augmentOption(text)).toThrow(message);
});

test('rates to try are a list or a range, and what tries them is named', () => {
  expect(ratesOf('0.01,0.1,1')).toEqual([0.01, 0.1, 1]);
  expect(ratesOf('0.001..1')).toEqual({ least: 0.001, most: 1 });
  for (const text of ['0.1', '0.1,0.1', '0,1', '0.1,x', '0.1,11'])
    expect(() => ratesOf(text), text).toThrow('Two to twenty different rates');
  for (const text of ['1..0.1', '0..1', '0.1..', '0.1..0.2..0.3', '0.1..11', '0.01...1'])
    expect(() => ratesOf(text), text).toThrow('The lowest and the highest rate');
  expect(tunerOf('fedex')).toEqual({ name: 'fedex' });
  expect(tunerOf('fedpop')).toEqual({ name: 'fedpop', population: 6 });
  expect(tunerOf('fedpop:population=8')).toEqual({ name: 'fedpop', population: 8 });
  for (const text of ['pbt', 'fedpop:', 'fedpop:population=3', 'fedpop:size=8', 'fedex:population=8'])
    expect(() => tunerOf(text), text).toThrow('fedex, or fedpop and how many');
});

test('what is each device’s own is read with its number, and refused with what was expected', () => {
  expect(personalOf('fedper:layers=2')).toEqual({ type: 'fedper', layers: 2 });
  expect(personalOf('fedbn')).toEqual({ type: 'fedbn' });
  expect(personalOf('ditto:lambda=0.1')).toEqual({ type: 'ditto', lambda: 0.1 });
  for (const text of [
    'none',
    'fedper',
    'fedper:layers=0',
    'ditto:epochs=1',
    'finetune:epochs=',
    'fedbn:layers=1',
  ])
    expect(() => personalOf(text), text).toThrow(/^One of fedper/);
});
