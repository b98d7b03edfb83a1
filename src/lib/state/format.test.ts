import { describe, expect, test } from 'vitest';
import { clock } from './clock-text.ts';
import {
  about,
  ago,
  bytes,
  counted,
  isBetter,
  metricChange,
  metricValue,
  number,
  percent,
} from './format.ts';

describe('words for numbers', () => {
  test('bytes use decimal units and never show 1000 of one', () => {
    expect([0, 999, 1000, 796_456, 999_600, 25_400_000].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '796 kB',
      '1.0 MB',
      '25 MB',
    ]);
  });

  test('a figure that is not measured stays undefined', () => {
    expect(metricValue('accuracy', undefined)).toBeUndefined();
    expect(metricValue('accuracy', 0.8361)).toBe('83.6\u202f%');
    expect(metricValue('loss', 0.43219)).toBe('0.432');
  });

  test('a change of a share is in points, of a loss in its own unit, each with its sign', () => {
    expect(metricChange('accuracy', 0.83, 0.836)).toBe('+0.6');
    expect(metricChange('loss', 0.5, 0.469)).toBe('−0.031');
    expect(metricChange('loss', 0.5, 0.5)).toBe('±0');
    expect(metricChange('loss', 0.081, 0.0810173)).toBe('±0');
  });

  test('a falling loss is better, a falling accuracy is not', () => {
    expect(isBetter('loss', 0.5, 0.4)).toBe(true);
    expect(isBetter('accuracy', 0.5, 0.4)).toBe(false);
    expect(isBetter('accuracy', 0.5, 0.5)).toBeUndefined();
  });

  test('remaining time is quantised', () => {
    expect([2_000, 33_000, 58_000, 240_000, 7_300_000].map(about)).toEqual([
      'a few seconds',
      'about 30 s',
      'about 1 min',
      'about 4 min',
      'about 2 h',
    ]);
  });

  test('clocks, ages, plurals and small numbers read as people write them', () => {
    expect([221_000, 3_725_000].map(clock)).toEqual(['3:41', '1:02:05']);
    expect([1_000, 40_000, 180_000].map((passed) => ago(0, passed))).toEqual([
      'just now',
      '40 s ago',
      '3 min ago',
    ]);
    expect([counted(1, 'device'), counted(1204, 'device')]).toEqual(['1 device', '1,204 devices']);
    expect([number(0), number(-0.0312), number(0.00001234), number(1234.5)]).toEqual([
      '0',
      '−0.0312',
      '1.23e−5',
      '1,235',
    ]);
    expect(percent(0.5, 0)).toBe('50\u202f%');
  });
});
