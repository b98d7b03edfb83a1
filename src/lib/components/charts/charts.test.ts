import { describe as group, expect, test } from 'vitest';
import {
  bandColumns,
  csvOf,
  describe,
  describeBands,
  rowsOf,
  smooth,
  thin,
  type LineSeries,
} from './line-series.ts';
import { bandPath, drawnLines, endLabels } from './line-layout.ts';
import { exactScale, linearScale, logScale, niceStep } from './scale.ts';

group('axes', () => {
  test('a linear axis widens to round numbers and puts them at the ends', () => {
    const scale = linearScale(0.23, 1.81, 100, 0);
    expect(scale.ticks).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(scale.at(0)).toBe(100);
    expect(scale.at(2)).toBe(0);
    expect(scale.at(1)).toBe(50);
  });

  test('a constant series still has an axis', () => {
    expect(linearScale(0.5, 0.5, 0, 100).ticks.length).toBeGreaterThan(1);
    expect(linearScale(0, 0, 0, 100).at(0)).toBeDefined();
  });

  test('a log axis runs over whole powers of ten and cannot show zero', () => {
    const scale = logScale(0.004, 2.3, 90, 0);
    expect(scale.ticks).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(scale.at(0)).toBeUndefined();
    expect(scale.at(0.1)).toBeCloseTo(45, 9);
  });

  test('an exact axis keeps its ends and counts in whole steps', () => {
    expect(exactScale(0, 13, 0, 130).ticks).toEqual([0, 5, 10]);
    expect(niceStep(10, 5)).toBe(2);
  });
});

group('series', () => {
  const noisy = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 3210 ? 99 : Math.sin(x) }));

  test('thinning keeps the peak and the last point', () => {
    const kept = thin(noisy, 500);
    expect(kept.length).toBeLessThan(600);
    expect(kept.some((point) => point.y === 99)).toBe(true);
    expect(kept.at(-1)).toEqual(noisy.at(-1));
    expect(kept.every((point, index) => index === 0 || point.x > (kept[index - 1]?.x ?? 0))).toBe(true);
  });

  test('points that are not finite are left out, never drawn as zero', () => {
    expect(
      thin(
        [
          { x: 0, y: Number.NaN },
          { x: 1, y: 2 },
        ],
        10,
      ),
    ).toEqual([{ x: 1, y: 2 }]);
  });

  test('smoothing starts at the first value', () => {
    expect(
      smooth(
        [
          { x: 0, y: 2 },
          { x: 1, y: 4 },
        ],
        0.5,
      ).map((point) => point.y),
    ).toEqual([2, 3]);
  });

  const loss: LineSeries[] = [
    {
      name: 'Train',
      role: 'train',
      points: [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.6 },
        { x: 3, y: 0.5 },
      ],
    },
    { name: 'Held-out', role: 'held-out', points: [{ x: 2, y: 0.7 }] },
  ];

  test('the sentence says what the picture shows, and that nothing is measured where nothing is', () => {
    expect(describe(loss, 'loss', 'round')).toBe(
      'Train loss fell from 0.9 to 0.5 between round 1 and 3; last change −0.1. Held-out loss is 0.7 at round 2.',
    );
    expect(describe([], 'loss', 'round')).toBe('No loss measured yet.');
  });

  test('the table leaves a gap where a series has no point, and CSV quotes what needs it', () => {
    expect(rowsOf(loss)).toEqual([
      { x: 1, values: [0.9, undefined] },
      { x: 2, values: [0.6, 0.7] },
      { x: 3, values: [0.5, undefined] },
    ]);
    expect(csvOf(['round', 'a "b", c'], [[1, undefined]])).toBe('round,"a ""b"", c"\r\n1,\r\n');
  });

  test('CSV holds no formula: a text that looks like one has an apostrophe, a number has none', () => {
    expect(
      csvOf(
        ['=A1', 'x'],
        [
          ['=HYPERLINK("a")', -1],
          ['@b', '-2.5'],
          ['-c', '+1+1'],
          ['\td', 'e=f'],
        ],
      ),
    ).toBe(`'=A1,x\r\n"'=HYPERLINK(""a"")",-1\r\n'@b,-2.5\r\n'-c,'+1+1\r\n'\td,e=f\r\n`);
  });
});

group('layout', () => {
  const frame = {
    x: exactScale(0, 100, 0, 1000),
    y: linearScale(0, 1, 100, 0),
    limit: 500,
    bottom: 100,
    smoothing: 0,
  };
  const flat = (name: string, role: LineSeries['role'], y: number, count = 2): LineSeries => ({
    name,
    role,
    points: Array.from({ length: count }, (_, x) => ({ x, y: y + (x % 2) * 0.02 })),
  });

  test('names at the ends of lines that meet stand apart, and inside the plot', () => {
    const labels = endLabels(
      drawnLines([flat('Train', 'train', 0), flat('Held-out', 'held-out', 0.01)], frame),
      104,
    );
    expect(labels.map((label) => label.name)).toEqual(['Held-out', 'Train']);
    expect((labels[1]?.y ?? 0) - (labels[0]?.y ?? 0)).toBeGreaterThanOrEqual(16);
    expect(labels.every((label) => label.y <= 104)).toBe(true);
  });

  test('a band runs along its upper end and back along its lower one, and is two columns of the table', () => {
    const band = {
      name: 'middle half',
      points: [
        { x: 0, low: 0.2, high: 0.4 },
        { x: 100, low: 0.5, high: 1 },
      ],
    };
    expect(bandPath(band, frame)).toBe('M0.0 60.0L1000.0 0.0L1000.0 50.0L0.0 80.0Z');
    expect(bandPath({ ...band, points: band.points.slice(1) }, frame)).toBe('');
    expect(rowsOf(bandColumns([band]))).toEqual([
      { x: 0, values: [0.2, 0.4] },
      { x: 100, values: [0.5, 1] },
    ]);
    expect(describeBands([band], 'version')).toBe('middle half: 0.5 to 1 at version 100.');
  });

  test('only a long training line is smoothed, and its raw line stays behind it', () => {
    const [long, short, held] = drawnLines(
      [flat('A', 'train', 0.5, 60), flat('B', 'train', 0.5, 5), flat('C', 'held-out', 0.5, 60)],
      {
        ...frame,
        smoothing: 0.8,
      },
    );
    expect(long?.ghost).toBeDefined();
    expect(short?.ghost).toBeUndefined();
    expect(held?.ghost).toBeUndefined();
  });
});
