// The middle of a group in words.
import type { Middle } from '../../../core/grouping/profile.ts';

export function middleWords(middle: Middle): string {
  switch (middle.type) {
    case 'number':
      return middle.mean === null ? 'missing' : String(Number(middle.mean.toPrecision(4)));
    case 'category':
      return middle.label === null ? 'missing' : `${middle.label} (${Math.round(middle.share * 100)} %)`;
    default:
      return middle satisfies never;
  }
}
