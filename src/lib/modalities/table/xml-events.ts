// XML as programs write it, in pieces: tags and texts one after the other. Enough for the parts of a workbook (ECMA-376), which have no
// document type: entities of a file's own are not known here, so that none can grow.
export type XmlEvent =
  | { readonly type: 'open'; readonly name: string; readonly attributes: string; readonly isEmpty: boolean }
  | { readonly type: 'close'; readonly name: string }
  | { readonly type: 'text'; readonly text: string };

const EVENT =
  /<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<[?!][^>]*>|<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+)/sy;
const PIECE_BYTES = 256 * 1024;
/** A cell has 32,767 letters at most: no tag or text of a workbook is longer, and what is ends it. */
const MOST_LETTERS = 1024 * 1024;

/** Names are without their prefix; a text may come in parts. Ends where what stands there is no XML. */
export function* xmlEvents(bytes: Uint8Array): Generator<XmlEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const isLast = at + PIECE_BYTES >= bytes.length;
    text += decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: !isLast });
    let done = 0;
    while (done < text.length) {
      EVENT.lastIndex = done;
      const found = EVENT.exec(text);
      // The rest of a tag, or of a text, may be in the next piece.
      if (found === null || (EVENT.lastIndex === text.length && found[6] !== undefined && !isLast)) break;
      done = EVENT.lastIndex;
      const [, raw, slash, name, attributes = '', empty, plain] = found;
      if (raw !== undefined) yield { type: 'text', text: raw };
      else if (plain !== undefined) yield { type: 'text', text: unescaped(plain) };
      else if (name !== undefined && slash === '/') yield { type: 'close', name };
      else if (name !== undefined) yield { type: 'open', name, attributes, isEmpty: empty === '/' };
    }
    text = text.slice(done);
    if (text.length > MOST_LETTERS) return;
  }
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(
        /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi,
        (whole, hex?: string, decimal?: string, name?: string) => {
          if (name !== undefined) return NAMED[name] ?? whole;
          const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
          return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
        },
      )
    : text;

/** Made once: a sheet asks for two of each of its cells. */
const patterns = new Map<string, RegExp>();

/** The value of an attribute, by its name without its prefix. */
export function attributeIn(attributes: string, name: string): string | undefined {
  let pattern = patterns.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`);
    patterns.set(name, pattern);
  }
  const found = pattern.exec(attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : unescaped(value);
}
