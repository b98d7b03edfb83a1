import { expect, test } from 'vitest';
import { placesOf } from './broken-places.ts';

const at = (file: string, row: number | null) => ({ file, row, found: null });

test('broken rows are told with their file, and what is not listed is owned up to', () => {
  expect(placesOf({ count: 3, places: [at('a.csv', 4), at('b.csv', 4), at('a.csv', 9)] })).toBe(
    'rows 4, 9 of a.csv, row 4 of b.csv',
  );
  expect(placesOf({ count: 9, places: Array.from({ length: 9 }, (_, i) => at('a.csv', i + 1)) })).toBe(
    'rows 1, 2, 3, 4, 5, 6, 7, 8 of a.csv …',
  );
  expect(placesOf({ count: 1, places: [at('scan.jpg', null)] })).toBe('scan.jpg');
  expect(placesOf({ count: 1, places: [at('', null)] })).toBe('');
});
