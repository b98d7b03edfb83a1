import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseSpec, specSchema, type Optioned } from './named-options.ts';

const kettle: Optioned = {
  name: 'kettle',
  title: 'Kettle',
  options: [
    { name: 'heat', title: 'Heat', hint: '', default: 0.5, minimum: 0, maximum: 1 },
    { name: 'cups', title: 'Cups', hint: '', default: 2, minimum: 1, maximum: 8, isWhole: true },
  ],
};
const bowl: Optioned = { name: 'bowl', title: 'Bowl', options: [] };
const read = (text: string) => parseSpec(text, [kettle, bowl], 'vessel');

test('a name alone has every option at its default, and given options replace them', () => {
  expect(read('bowl')).toEqual({ ok: true, value: { name: 'bowl', options: {} } });
  expect(read('kettle')).toEqual({ ok: true, value: { name: 'kettle', options: { heat: 0.5, cups: 2 } } });
  expect(read(' kettle:heat=1e-2, cups=3 ')).toEqual({
    ok: true,
    value: { name: 'kettle', options: { heat: 0.01, cups: 3 } },
  });
});

test.each([
  ['pan', null, 'There is no vessel “pan”. Use one of kettle, bowl.'],
  ['kettle:steam=1', 'steam', 'Kettle has no option “steam”. It has heat, cups.'],
  ['bowl:steam=1', 'steam', 'Bowl has no option “steam”. It has none.'],
  ['kettle:heat=2', 'heat', 'Heat of Kettle needs a number from 0 to 1, but got 2.'],
  ['kettle:cups=2.5', 'cups', 'Cups of Kettle needs a whole number from 1 to 8, but got 2.5.'],
  ['kettle:heat', 'heat', '“heat” is not option=number, as in kettle:heat=0.5,cups=2.'],
  ['kettle:heat=warm', 'heat', '“heat=warm” is not option=number, as in kettle:heat=0.5,cups=2.'],
  ['kettle:heat=0=1', 'heat', '“heat=0=1” is not option=number, as in kettle:heat=0.5,cups=2.'],
  ['kettle:heat=0,heat=1', 'heat', '“heat” is given twice. Give it once.'],
])('“%s” is refused by name', (text, option, message) => {
  expect(read(text)).toEqual({ ok: false, error: { option, message } });
});

test('a spec from the wire is filled in, or refused with the same sentence', () => {
  const schema = specSchema([kettle, bowl]);
  expect(v.parse(schema, { name: 'kettle', options: { cups: 1 } })).toEqual({
    name: 'kettle',
    options: { heat: 0.5, cups: 1 },
  });
  const messages = (spec: unknown) => v.safeParse(schema, spec).issues?.map((issue) => issue.message);
  expect(messages({ name: 'pan', options: {} })).toEqual(['one of kettle, bowl']);
  expect(messages({ name: 'kettle', options: { heat: 9 } })).toEqual([
    'Heat of Kettle needs a number from 0 to 1, but got 9.',
  ]);
  expect(messages({ name: 'kettle', options: {}, more: 1 })).toHaveLength(1);
});
