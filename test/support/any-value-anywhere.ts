// Samples with something else in one of their places: what a boundary is given that was nearly right.
import fc from 'fast-check';

/** Members of every object, and elements of every list, sample itself included. */
function placesIn(sample: unknown): number {
  let places = 0;
  JSON.stringify(sample, (_key, value: unknown) => {
    places += 1;
    return value;
  });
  return places;
}

/** Brackets that a careless reader would follow one call each. */
const deep = JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) as unknown;
export const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue() },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[0, -1, 0.5, 2 ** 31, 2 ** 53, 1e308, -0, '', '__proto__', '0'.repeat(64), [], {}, null, deep],
      '€'.repeat(5_000),
    ),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** JSON of `sample` with any value (or `instead`), or none, in one to three of its places. */
export function anyValueAnywhere(
  sample: unknown,
  instead: fc.Arbitrary<unknown> = values,
): fc.Arbitrary<string> {
  const place = fc.nat(placesIn(sample) - 1);
  return fc.array(fc.tuple(place, instead), { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce((text, [at, put]) => {
      let seen = -1;
      return (
        JSON.stringify(JSON.parse(text), (_key, value: unknown) => {
          seen += 1;
          return seen === at ? put : value;
        }) ?? 'null'
      );
    }, JSON.stringify(sample)),
  );
}
