// One text for one value: JSON with sorted keys and no spaces (RFC 8785, the JSON Canonicalization Scheme, which JavaScript's own
// numbers and strings satisfy already). What is hashed or signed is hashed and signed as this.

export type Canonical =
  string | number | boolean | null | readonly Canonical[] | { readonly [key: string]: Canonical | undefined };

/** Members that are undefined are left out. Throws on what JSON cannot say: a number that is not finite. */
export function canonicalText(value: Canonical): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${value} has no canonical text: JSON has no such number.`);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`;
  const members = Object.keys(value)
    // By UTF-16 code units, as RFC 8785, §3.2.3, asks.
    .sort()
    .flatMap((key) => {
      const member = value[key];
      return member === undefined ? [] : [`${JSON.stringify(key)}:${canonicalText(member)}`];
    });
  return `{${members.join(',')}}`;
}

const isList = (value: object): value is readonly Canonical[] => Array.isArray(value);
