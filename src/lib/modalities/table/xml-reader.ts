// XML as programs write it, read from one tag or text to the next. Enough for the parts of a workbook (ECMA-376), which have no
// document type: entities of a file's own are not known here, so that none can grow. A cursor rather than events: a sheet of a million
// cells has five million of them, and an object for each, found by one large pattern, took four times as long.

/** An empty element opens and closes. 'damaged': what stands there is no XML, or the text ends within an element. */
export type XmlStep = 'open' | 'close' | 'text' | 'end' | 'damaged';

export interface XmlReader {
  /** Nothing comes after 'end' and 'damaged'. */
  next(): XmlStep;
  /** Of the tag that was reached, without its prefix. */
  name(): string;
  /** Of the opening tag that was reached: the value of an attribute, by its name without its prefix. */
  attribute(name: string): string | undefined;
  /** The text that was reached, which may be a part of one: the next may go on with it. */
  text(): string;
}

/** 'cut': the rest of it may be in the next piece. */
type Reached = Exclude<XmlStep, 'end'> | 'passed' | 'cut';

const PIECE_BYTES = 256 * 1024;
/** A cell has 32,767 letters at most: no tag or text of a workbook is longer, and what is longer is none of one. */
const MOST_LETTERS = 1024 * 1024;
const CDATA = '<![CDATA[';
const [LESS, GREATER, SLASH, BANG, QUESTION, COLON, EQUALS] = [0x3c, 0x3e, 0x2f, 0x21, 0x3f, 0x3a, 0x3d];
const [DOUBLE_QUOTE, SINGLE_QUOTE] = [0x22, 0x27];
const isBlank = (code: number): boolean => code === 0x20 || (code >= 9 && code <= 13);
/** Of ASCII; what is beyond it may stand in names (XML 1.0, §2.3). */
const isOfName = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x2d && code <= 0x3a && code !== SLASH) ||
  code === 0x5f ||
  code >= 0x80;

/** A part may be UTF-16, by its mark (Open Packaging Conventions, ECMA-376 part 2 §8.1.4). */
const encodingOf = (bytes: Uint8Array): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe
    ? 'utf-16le'
    : bytes[0] === 0xfe && bytes[1] === 0xff
      ? 'utf-16be'
      : 'utf-8';

export function xmlReader(bytes: Uint8Array): XmlReader {
  const decoder = new TextDecoder(encodingOf(bytes));
  /** Letters that were decoded, the place in them, and the bytes behind them. */
  let [letters, at, read] = ['', 0, 0];
  /** Names of the elements that are open, as they are written and without prefix; behind them of the last that were, which come again. */
  const [open, names]: [string[], string[]] = [[], []];
  let depth = 0;
  let [name, text] = ['', ''];
  /** Where the quotations of the opening tag begin and end, one after the other. */
  const quoted: number[] = [];
  let quotes = 0;
  let [closesNext, isBegun] = [false, false];
  let isOver: XmlStep | undefined;

  /** False where there are no more letters, or too many without a tag's or a text's end. */
  const more = (): boolean => {
    if (read >= bytes.length || letters.length - at > MOST_LETTERS) return false;
    const piece = bytes.subarray(read, read + PIECE_BYTES);
    read += PIECE_BYTES;
    letters = letters.slice(at) + decoder.decode(piece, { stream: read < bytes.length });
    at = 0;
    return true;
  };
  /**
   * Where the tag ends that begins at the place, its quotations passed over and kept: -1 behind the letters; undefined: another tag
   * begins before.
   */
  const tagEnd = (): number | undefined => {
    let quote = 0;
    quotes = 0;
    for (let index = at + 1; index < letters.length; index += 1) {
      const code = letters.charCodeAt(index);
      if (quote !== 0) {
        if (code !== quote) continue;
        quote = 0;
        quoted[quotes++] = index;
      } else if (code === GREATER) return index;
      else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
        quote = code;
        quoted[quotes++] = index;
      } else if (code === LESS) return undefined;
    }
    return -1;
  };
  const closed = (): 'close' => {
    depth -= 1;
    name = names[depth] ?? '';
    return 'close';
  };
  const textUpTo = (end: number): Reached => {
    text = unescaped(letters.slice(at, end));
    at = end;
    return depth > 0 ? 'text' : text.trim() === '' ? 'passed' : 'damaged';
  };
  /** Comments and instructions are passed over; what CDATA holds is text. */
  const aside = (): Reached => {
    // Which of them it is may be told by the next piece.
    if (letters.length - at < CDATA.length && read < bytes.length) return 'cut';
    const isText = letters.startsWith(CDATA, at);
    const isComment = letters.startsWith('<!--', at);
    const finish = isText ? ']]>' : isComment ? '-->' : '>';
    const begin = at + (isText ? CDATA.length : isComment ? 4 : 2);
    const end = letters.indexOf(finish, begin);
    if (end < 0) return 'cut';
    at = end + finish.length;
    if (!isText) return 'passed';
    text = letters.slice(begin, end);
    return 'text';
  };
  const closing = (): Reached => {
    const end = letters.indexOf('>', at);
    if (end < 0) return 'cut';
    const last = open[depth - 1];
    if (depth === 0 || last === undefined || !letters.startsWith(last, at + 2)) return 'damaged';
    for (let index = at + 2 + last.length; index < end; index += 1)
      if (!isBlank(letters.charCodeAt(index))) return 'damaged';
    at = end + 1;
    return closed();
  };
  const opening = (): Reached => {
    const end = tagEnd();
    if (end === undefined) return 'damaged';
    if (end < 0) return 'cut';
    const start = at + 1;
    closesNext = letters.charCodeAt(end - 1) === SLASH;
    const to = closesNext ? end - 1 : end;
    let behind = start;
    while (behind < to && isOfName(letters.charCodeAt(behind))) behind += 1;
    if (behind === start || (behind < to && !isBlank(letters.charCodeAt(behind)))) return 'damaged';
    const before = open[depth];
    if (before?.length !== behind - start || !letters.startsWith(before, start)) {
      open[depth] = letters.slice(start, behind);
      const bare = withoutPrefix(letters.slice(start, behind));
      names[depth] = KNOWN.get(bare) ?? bare;
    }
    name = names[depth] ?? '';
    depth += 1;
    at = end + 1;
    isBegun = true;
    return 'open';
  };
  const reached = (): Reached => {
    if (at >= letters.length) return 'cut';
    if (letters.charCodeAt(at) !== LESS) {
      const end = letters.indexOf('<', at);
      if (end >= 0) return textUpTo(end);
      return read < bytes.length ? 'cut' : textUpTo(letters.length);
    }
    const second = letters.charCodeAt(at + 1);
    return second === SLASH ? closing() : second === BANG || second === QUESTION ? aside() : opening();
  };

  return {
    next() {
      if (isOver !== undefined) return isOver;
      if (closesNext) {
        closesNext = false;
        return closed();
      }
      let found = reached();
      while (found === 'passed' || (found === 'cut' && more())) found = reached();
      if (found !== 'cut') {
        if (found === 'damaged') isOver = found;
        return found;
      }
      isOver = isBegun && depth === 0 && at >= letters.length ? 'end' : 'damaged';
      return isOver;
    },
    name: () => name,
    text: () => text,
    attribute(wanted) {
      for (let index = 0; index < quotes; index += 2) {
        const begin = quoted[index] ?? 0;
        let last = begin;
        while (isBlank(letters.charCodeAt(last - 1))) last -= 1;
        if (letters.charCodeAt(last - 1) !== EQUALS) continue;
        last -= 1;
        while (isBlank(letters.charCodeAt(last - 1))) last -= 1;
        const before = letters.charCodeAt(last - wanted.length - 1);
        if ((isBlank(before) || before === COLON) && letters.startsWith(wanted, last - wanted.length))
          return unescaped(letters.slice(begin + 1, quoted[index + 1]));
      }
      return undefined;
    },
  };
}

/** Names that come millions of times: the engine compares its own constants by their place in memory, other strings by their letters. */
const KNOWN = new Map(['row', 'c', 'v', 't', 'f', 'is', 'si', 'r', 'rPr'].map((name) => [name, name]));

const withoutPrefix = (name: string): string => {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
};

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
