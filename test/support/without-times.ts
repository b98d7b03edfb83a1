// What a search found, less what was measured on the way: how long models took to answer, and what was said of that.

/** A copy; what is undefined is left out of it. */
export const withoutTimes = (found: unknown): unknown =>
  JSON.parse(
    JSON.stringify(found, (name, value: unknown) =>
      name === 'msPerThousand' || name === 'tradeOff' ? undefined : value,
    ),
  );
