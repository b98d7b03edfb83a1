// What a search may try of each model: the settings that matter, within the bounds that make sense. A model without a line is tried with
// its usual settings alone.
import type { Dimension, Space } from '../../core/search/space.ts';

const dimension = (
  name: string,
  [minimum, maximum]: readonly [number, number],
  scale: Dimension['scale'],
  isWhole = false,
): Dimension => ({ name, minimum, maximum, scale, isWhole });

const spaces: Readonly<Record<string, Space>> = {
  linear: [dimension('lambda', [1e-3, 1e3], 'log')],
  logistic: [dimension('lambda', [1e-3, 1e3], 'log')],
  'k-nn': [dimension('k', [1, 100], 'log', true)],
  tree: [dimension('depth', [2, 12], 'linear', true), dimension('leaf', [1, 50], 'log', true)],
  forest: [
    dimension('depth', [4, 24], 'linear', true),
    dimension('leaf', [1, 20], 'log', true),
    dimension('share', [0.1, 1], 'linear'),
  ],
  'boosted-trees': [
    dimension('stages', [30, 400], 'log', true),
    dimension('depth', [2, 8], 'linear', true),
    dimension('rate', [0.02, 0.3], 'log'),
    dimension('lambda', [0.1, 20], 'log'),
    dimension('child', [0.5, 20], 'log'),
  ],
  mlp: [
    dimension('units', [16, 256], 'log', true),
    dimension('layers', [1, 3], 'linear', true),
    dimension('dropout', [0, 0.5], 'linear'),
    dimension('rate', [3e-4, 1e-2], 'log'),
    dimension('epochs', [5, 60], 'log', true),
  ],
  softmax: [dimension('rate', [1e-4, 1e-2], 'log'), dimension('epochs', [2, 10], 'log', true)],
  cnn: [dimension('rate', [3e-4, 3e-3], 'log'), dimension('epochs', [1, 5], 'linear', true)],
  'cnn-small': [
    dimension('channels', [8, 32], 'log', true),
    dimension('dropout', [0, 0.5], 'linear'),
    dimension('rate', [3e-4, 3e-3], 'log'),
    dimension('epochs', [5, 30], 'log', true),
  ],
};

export const spaceOf = (model: string): Space => spaces[model] ?? [];
