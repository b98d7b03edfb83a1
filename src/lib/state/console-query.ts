// What a page shows stands in its address: the same address, with some of its query changed.

/** Relative to the site; null takes a name out. */
export function queryWith(url: URL, changes: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams(url.search);
  for (const [name, value] of Object.entries(changes))
    if (value === null) query.delete(name);
    else query.set(name, value);
  const text = query.toString();
  return text === '' ? url.pathname : `${url.pathname}?${text}`;
}
