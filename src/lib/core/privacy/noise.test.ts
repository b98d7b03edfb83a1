import { describe, expect, test } from 'vitest';
import { addChunk, endUpdate, fixedPointSum, quantumFor, sumAt } from '../aggregation/fixed-point-sum.ts';
import { fedavg } from '../aggregation/fedavg.ts';
import { random } from '../random.ts';
import { centredBit, nextClipNorm, updateNoise } from './adaptive-clip.ts';
import { addCentralNoise, clippedStrategy, noiseQuantum, sensitivityOf } from './central.ts';
import { clip, normOf } from './clip.ts';
import { addDiscreteGaussian } from './discrete-gaussian.ts';
import { randomBits, type DrawBytes } from './random-bits.ts';

/** Bytes of a seed: tests alone draw noise so. */
function seeded(...labels: (string | number)[]): DrawBytes {
  const stream = random(1, ...labels);
  return (bytes) => {
    const words = new Uint32Array(Math.ceil(bytes / 4));
    stream.fill(words);
    return new Uint8Array(words.buffer, 0, bytes);
  };
}
const noise = (count: number, deviation: number, label: string): Float64Array => {
  const values = new Float64Array(count);
  addDiscreteGaussian(values, deviation, seeded(label, deviation));
  return values;
};
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;

describe('uniform whole numbers', () => {
  test('are spread evenly, also where the bound divides no power of two', () => {
    const bits = randomBits(seeded('uniform'));
    for (const bound of [3, 7, 3 * 2 ** 40]) {
      const counts = [0, 0, 0];
      for (let i = 0; i < 30_000; i += 1) counts[Math.floor((3 * bits.below(bound)) / bound)]! += 1;
      // Of 7 the thirds are 3, 2 and 2 numbers. Within 5 deviations of √(n·p·(1−p)) ≤ 86.
      const shares = bound === 7 ? [3 / 7, 2 / 7, 2 / 7] : [1 / 3, 1 / 3, 1 / 3];
      for (const [index, share] of shares.entries())
        expect(Math.abs(counts[index]! - 30_000 * share)).toBeLessThan(430);
    }
  });
});

describe('discrete Gaussian noise', () => {
  test.each([1, 2, 3, 10])('of deviation %d has each value as often as e^(−x²/2m²) says', (m) => {
    const count = 60_000;
    const drawn = noise(count, m, 'histogram');
    let total = 0;
    for (let x = -60; x <= 60; x += 1) total += Math.exp((-x * x) / (2 * m * m));
    // χ² over the values that are expected at least ten times.
    let chi = 0;
    let cells = 0;
    for (let x = -4 * m; x <= 4 * m; x += 1) {
      const expected = (count * Math.exp((-x * x) / (2 * m * m))) / total;
      if (expected < 10) continue;
      const got = drawn.reduce((sum, value) => sum + (value === x ? 1 : 0), 0);
      chi += (got - expected) ** 2 / expected;
      cells += 1;
    }
    expect(cells).toBeGreaterThan(6);
    // Mean `cells`, variance 2 · cells: five deviations.
    expect(chi).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  test.each([7, 1000, 2 ** 25, 2 ** 26])('of deviation %d has that deviation, not its square', (m) => {
    const count = 40_000;
    const drawn = noise(count, m, 'moments');
    expect(Math.abs(mean(drawn)) / m).toBeLessThan(5 / Math.sqrt(count));
    const variance = mean(drawn.map((value) => value * value)) / (m * m);
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    // Kurtosis 3, with a deviation of √(96/n) for x⁴ of a Gaussian.
    const kurtosis = mean(drawn.map((value) => (value / m) ** 4));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
    expect(drawn.every(Number.isSafeInteger)).toBe(true);
  });

  test('lies within one deviation, two and three as often as the Gaussian does', () => {
    const drawn = noise(40_000, 2 ** 25, 'quantiles');
    for (const [reach, share] of [
      [1, 0.6826895],
      [2, 0.9544997],
      [3, 0.9973002],
    ] as const) {
      const within = drawn.filter((value) => Math.abs(value) <= reach * 2 ** 25).length / drawn.length;
      expect(Math.abs(within - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / drawn.length));
    }
  });

  test('is refused where the deviation is no whole number from 1 to 2²⁶', () => {
    for (const deviation of [0, 0.5, 2 ** 26 + 1, NaN])
      expect(() => addDiscreteGaussian(new Float64Array(1), deviation, seeded('none'))).toThrow(RangeError);
  });
});

describe('clipping', () => {
  test('shortens what is longer than the clip norm to it, and leaves the rest as it is', () => {
    const long = Float32Array.of(3, 4);
    expect(clip(long, 1)).toBe(5);
    expect(normOf(long)).toBeCloseTo(1, 6);
    expect(long[1]! / long[0]!).toBeCloseTo(4 / 3, 6);
    const short = Float32Array.of(0.3, 0.4);
    clip(short, 1);
    expect(short).toEqual(Float32Array.of(0.3, 0.4));
  });

  test('however an update is made and whatever it claims, it moves the sum by the clip norm at most', () => {
    const draw = random(2, 'hostile');
    const length = 200;
    const setting = {
      parameterCount: length,
      options: {},
      training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
      population: 10,
    };
    let reached = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const size = 10 ** (4 * draw.next() - 3);
      const update = Float32Array.from({ length }, () => draw.normal() * size);
      const clipNorm = 0.7;
      const strategy = clippedStrategy(fedavg, clipNorm);
      const facts = { examples: 1_000_000, steps: 1, baseLoss: null, norm: normOf(update), staleness: 0 };
      const { scale, weight, scalars } = strategy.weigh(facts, setting);
      const sum = fixedPointSum(length, noiseQuantum(2 * clipNorm, quantumFor(10, 64)));
      addChunk(sum, 0, update, weight, scale);
      endUpdate(sum, weight, scalars);
      const moved = normOf(sum.values) * sum.quantum;
      expect(moved).toBeLessThanOrEqual(sensitivityOf(clipNorm, sum));
      if (moved > 0.999 * clipNorm) reached += 1;
    }
    // The bound is tight, and was tried.
    expect(reached).toBeGreaterThan(100);
    expect(clippedStrategy(fedavg, 1).weightBound(1e6)).toBe(1);
  });
});

describe('central noise', () => {
  /** Σ of `updates` after noise, in the units of an update. */
  async function released(clipNorm: number, noiseMultiplier: number, length: number, label: string) {
    const sum = fixedPointSum(length, noiseQuantum(noiseMultiplier * clipNorm, quantumFor(20, 64)));
    addChunk(sum, 0, new Float32Array(length).fill(0.25), 1);
    endUpdate(sum, 1);
    await addCentralNoise(sum, { clipNorm, noiseMultiplier }, 20, seeded(label), async () => {});
    return sum;
  }

  test.each([
    [0.1, 3],
    [5, 0.4],
    [2, 1],
  ])('has standard deviation z·C: C %d, z %d', async (clipNorm, noiseMultiplier) => {
    const length = 30_000;
    const sum = await released(clipNorm, noiseMultiplier, length, `central-${clipNorm}`);
    const values = Float64Array.from({ length }, (_, i) => sumAt(sum, i) - 0.25);
    const wanted = noiseMultiplier * clipNorm;
    expect(Math.abs(mean(values)) / wanted).toBeLessThan(5 / Math.sqrt(length));
    const ratio = mean(values.map((value) => value * value)) / wanted ** 2;
    expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt(2 / length));
  });

  test('is a whole number of quanta, and the sum is divided by the cohort that was expected', async () => {
    const sum = await released(1, 1, 100, 'whole');
    expect(sum.values.every(Number.isSafeInteger)).toBe(true);
    expect(Number.isInteger(Math.log2(sum.quantum))).toBe(true);
    expect([sum.weight, sum.count]).toEqual([20, 20]);
  });

  test('costs hardly anything for being in whole numbers: less than a ten-thousandth of the noise over a million values', () => {
    const sum = { ...fixedPointSum(0, noiseQuantum(1, quantumFor(100, 64))), values: new Float64Array(1e6) };
    expect(sensitivityOf(1, sum)).toBeLessThan(1.0001);
  });
});

describe('adaptive clipping', () => {
  /** C after each of `rounds`, for updates of lognormal(0, ½) norms, whose median is 1. */
  function followed(rounds: number, quantile: number): number[] {
    const draw = random(5, 'norms', quantile * 100);
    const cohort = 100;
    let clipNorm = 0.1;
    return Array.from({ length: rounds }, () => {
      let bits = 0;
      for (let k = 0; k < cohort; k += 1) bits += centredBit(Math.exp(0.5 * draw.normal()) <= clipNorm);
      // σ_b = m/20 of b, so m/10 of ±1.
      bits += draw.normal() * (cohort / 10);
      clipNorm = nextClipNorm(clipNorm, bits, cohort, { quantile, rate: 0.2 });
      return clipNorm;
    });
  }

  test('comes from a tenth of the median to the median, and stays there', () => {
    const norms = followed(200, 0.5);
    expect(norms[24]).toBeGreaterThan(0.7);
    expect(norms[24]).toBeLessThan(0.9);
    expect(norms[49]).toBeGreaterThan(0.95);
    expect(Math.abs(mean(norms.slice(80)) - 1)).toBeLessThan(0.03);
  });

  test('comes to other quantiles too', () => {
    // Φ⁻¹(0.8) = 0.8416: the 0.8-quantile of lognormal(0, ½) is 1.523.
    expect(Math.abs(mean(followed(300, 0.8).slice(150)) / 1.523 - 1)).toBeLessThan(0.04);
  });

  test('shares the noise between bits and updates, as long as some is left', () => {
    // 1/z² = 1/z_Δ² + 1/(2σ_b)²
    const left = updateNoise(1, 5)!;
    expect(left ** -2 + 10 ** -2).toBeCloseTo(1, 12);
    expect(updateNoise(2, 1)).toBeUndefined();
  });
});
