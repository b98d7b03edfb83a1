import { expect, test } from 'vitest';
import { optimizerOf } from './flags.ts';

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
