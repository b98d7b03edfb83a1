import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { strategies } from './index.ts';
import { parseStrategy, strategyOf, strategySpec, StrategySpec } from './strategy-spec.ts';

const messageOf = (text: string): string => {
  const read = parseStrategy(text);
  return read.ok ? 'accepted' : read.error.message;
};

describe('a strategy on a command line', () => {
  test('is its name, and the options that differ from their defaults', () => {
    expect(parseStrategy('fedavg')).toEqual({ ok: true, value: { name: 'fedavg', options: { lr: 1 } } });
    expect(parseStrategy(' fedyogi:lr=0.05, tau=0.01 ')).toEqual({
      ok: true,
      value: { name: 'fedyogi', options: { lr: 0.05, beta1: 0.9, beta2: 0.99, tau: 0.01 } },
    });
    expect(parseStrategy('fedbuff:maxstaleness=0')).toEqual({
      ok: true,
      value: { name: 'fedbuff', options: { lr: 1, maxstaleness: 0 } },
    });
  });

  test('with an unknown name is told the names', () => {
    const read = parseStrategy('fedsgd:lr=1');
    expect(read).toMatchObject({ ok: false, error: { option: null } });
    expect(messageOf('fedsgd:lr=1')).toBe(
      `There is no strategy “fedsgd”. Use one of ${strategies.map((one) => one.name).join(', ')}.`,
    );
    expect(messageOf('')).toContain('There is no strategy “”.');
  });

  test('with an unknown option is told the options', () => {
    expect(parseStrategy('fedyogi:beta3=1')).toEqual({
      ok: false,
      error: { option: 'beta3', message: 'FedYogi has no option “beta3”. It has lr, beta1, beta2, tau.' },
    });
  });

  test.each([
    ['fedyogi:tau=0', 'tau', 'Adaptivity of FedYogi needs a number from 0.000001 to 1, but got 0.'],
    ['fedyogi:beta1=1', 'beta1', 'First-moment decay of FedYogi needs a number from 0 to 0.999, but got 1.'],
    ['qfedavg:q=-1', 'q', 'Fairness of Fair averaging needs a number from 0 to 10, but got -1.'],
    [
      'fedbuff:maxstaleness=2.5',
      'maxstaleness',
      'Oldest base of Buffered asynchronous averaging needs a whole number from 0 to 1000, but got 2.5.',
    ],
  ])('out of range, %s, is told the range', (text, option, message) => {
    expect(parseStrategy(text)).toEqual({ ok: false, error: { option, message } });
  });

  test.each([
    'fedavgm:beta',
    'fedavgm:beta=',
    'fedavgm:beta=much',
    'fedavgm:beta=Infinity',
    'fedavgm:beta=NaN',
  ])('not a number, %s, is told the form', (text) => {
    const part = text.slice('fedavgm:'.length);
    expect(parseStrategy(text)).toEqual({
      ok: false,
      error: {
        option: 'beta',
        message: `“${part}” is not option=number, as in fedavgm:beta=0.9,lr=1.`,
      },
    });
  });
});

describe('a strategy on the wire', () => {
  test('gets its defaults, and keeps what it was given', () => {
    expect(v.parse(StrategySpec, { name: 'fedadam', options: { tau: 0.5 } })).toEqual({
      name: 'fedadam',
      options: { lr: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.5 },
    });
  });

  test.each(strategies)('$name survives being written and read', ({ name }) => {
    const spec = strategySpec(name);
    expect(v.parse(StrategySpec, JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    expect(strategyOf(spec).name).toBe(name);
  });

  test.each([
    [{ name: 'fedsgd', options: {} }, 'one of fedavg'],
    [{ name: 'fedavg', options: { beta: 0.9 } }, 'Federated averaging has no option “beta”. It has lr.'],
    [{ name: 'fedavg', options: { lr: 11 } }, 'needs a number from 0.000001 to 10, but got 11.'],
    [{ name: 'fedavg', options: { lr: '1' } }, 'number'],
    [{ name: 'fedavg', options: { lr: NaN } }, 'number'],
    [{ name: 'fedavg' }, 'options'],
    [{ name: 'fedavg', options: {}, more: 1 }, 'more'],
  ])('%j is refused', (given, message) => {
    const read = v.safeParse(StrategySpec, given);
    expect(read.success).toBe(false);
    expect(read.issues?.map((issue) => `${issue.message} ${v.getDotPath(issue) ?? ''}`).join()).toContain(
      message,
    );
  });

  test('made in code, throws on what the wire would refuse', () => {
    expect(() => strategySpec('fedsgd')).toThrow(RangeError);
    expect(() => strategySpec('fedavg', { lr: 0 })).toThrow('but got 0.');
    expect(() => strategyOf({ name: 'fedsgd', options: {} })).toThrow('There is no strategy “fedsgd”.');
  });
});
