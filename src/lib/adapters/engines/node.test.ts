import { describe, expect, test } from 'vitest';
import { provideGraphics } from '../node/graphics.ts';
import { availableBackends, createTrainer, isOnGraphics, NODE_BACKENDS } from './node.ts';

const hasGraphics = await provideGraphics();

describe('the engines of Node', () => {
  test('without Dawn’s binding, those of the processor', async () => {
    expect((await availableBackends()).some(isOnGraphics)).toBe(hasGraphics);
    expect(NODE_BACKENDS.filter(isOnGraphics)).toEqual(['gpu', 'jax-webgpu']);
  });

  test.skipIf(hasGraphics).each(['gpu', 'jax-webgpu'] as const)(
    '%s is refused with what to install',
    async (backend) => {
      await expect(createTrainer(backend)).rejects.toMatchObject({
        name: 'TrainerFailure',
        kind: 'unsupported',
        message: expect.stringContaining('npm install --no-save webgpu'),
      });
    },
  );
});
