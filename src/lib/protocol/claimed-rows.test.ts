import * as v from 'valibot';
import { expect, test } from 'vitest';
import { UpdateOffer } from './http.ts';
import { MAXIMUM_EXAMPLES } from './limits.ts';
import { clientMessages } from './messages.ts';

const offer = {
  round: 1,
  base: '0'.repeat(64),
  codec: 'f32',
  bytes: 24,
  digest: '1'.repeat(64),
  examples: 9,
  steps: 1,
  baseLoss: null,
};
const checkIn = { federation: 'wards', examples: 9, backend: 'cpu' };

test.each([10 ** 12, MAXIMUM_EXAMPLES + 1, 0, -1, 1.5, NaN, Infinity, '9', null])(
  'a claim of %s rows, of no number that rows can have is taken, with an update or at check-in',
  (examples) => {
    for (const [schema, message] of [
      [UpdateOffer, offer],
      [clientMessages['check-in'], checkIn],
    ] as const) {
      // With nine rows it is a message.
      expect(v.safeParse(schema, message).success).toBe(true);
      const read = v.safeParse(schema, { ...message, examples });
      expect(new Set(read.issues?.map((issue) => v.getDotPath(issue)))).toEqual(new Set(['examples']));
    }
  },
);
