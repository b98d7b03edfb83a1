// How the columns of a delimited text write their numbers and dates, seen in its first rows: "1.234,5", "$1,234", "12%", "03.02.2021",
// "Feb 2021". Their cells become plain decimals and ISO 8601, so that everything behind the reader knows one spelling. What two
// countries read differently is settled by the column's other cells, then by the file's other columns, and else left as it stands;
// a plain number ("1.234") stays what it is.
import { isoTime } from '../../core/data/iso-time.ts';
import { isMissing } from '../../core/data/missing.ts';
import { listOf, quoted } from '../import-report.ts';

/** Why a cell is read as nothing, though it looks like a number: the rest of its column is written otherwise. */
export interface Misfit {
  readonly message: string;
}

/** The cell as it is read; a text that does not fit its column's spelling is handed back as it stands. */
export type Respell = (cell: string) => string | Misfit;

/** What a contract reads in a column; "as-written": texts, categories, classes, and what it does not learn from. */
export type ColumnReading = 'number' | 'time' | 'as-written';

export interface CellSpellings {
  /** By field; undefined where cells stand as they should. */
  readonly fields: readonly (Respell | undefined)[];
  readonly notes: readonly string[];
}

/** Rows that are looked at. */
export const SPELLING_ROWS = 1000;

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What stands between numbers for no number. Of categories some of these would be a value: "none", "unknown". */
const NO_NUMBER: ReadonlySet<string> = new Set(
  (
    '. .. … -- --- — – * n.a. na. #na nil none nat <na> (na) nd n.d. null missing unknown undefined ' +
    'inf +inf -inf infinity +infinity -infinity #div/0! #value! #ref! #num! #name? #null! 1.#inf -1.#ind 1.#qnan -nan'
  ).split(' '),
);
const isNoNumber = (cell: string): boolean => cell.length <= 12 && NO_NUMBER.has(cell.toLowerCase());

type Mark = 'point' | 'comma';

/** "-1234.5" where the digits are written with that mark before the decimals; undefined where they are not. */
function digitsOf(body: string, mark: Mark): string | undefined {
  const plain = mark === 'point' ? body : swapped(body);
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return plain;
  return /^[1-9]\d{0,2}((,\d{3})+|([ '’\u00a0\u2009\u202f]\d{3})+)(\.\d+)?$/.test(plain)
    ? plain.replace(/[^\d.]/g, '')
    : undefined;
}
const swapped = (body: string): string => body.replace(/[.,]/g, (letter) => (letter === '.' ? ',' : '.'));

interface Amount {
  readonly sign: '' | '-';
  /** Digits with their marks. */
  readonly body: string;
  /** "%", a currency, or nothing. */
  readonly unit: string;
}

const CURRENCY = '[$€£¥₹₽]|USD|EUR|GBP|CHF|JPY|CNY|INR';
const AMOUNT = new RegExp(
  `^(?<open>\\()?(?<sign>[-+−])?\\s*(?:(?<before>${CURRENCY})\\s*)?(?<late>[-−])?(?<body>[\\d.,](?:[' ’\\u00a0\\u2009\\u202f]?[\\d.,])*(?:e[+-]?\\d+)?)(?:\\s*(?<after>%|${CURRENCY}))?(?<close>\\))?$`,
  'i',
);
/** No number or date is longer, and no pattern is tried on a page of text. */
const LONGEST = 64;

function amountOf(cell: string): Amount | undefined {
  if (cell.length > LONGEST) return undefined;
  const { open, sign, before, late, body, after, close } = AMOUNT.exec(cell.trim())?.groups ?? {};
  if (body === undefined || (open === undefined) !== (close === undefined)) return undefined;
  if (before !== undefined && after !== undefined) return undefined;
  const signs = [open, sign, late].filter((one) => one !== undefined);
  if (signs.length > 1) return undefined;
  return {
    sign: signs.length === 0 || sign === '+' ? '' : '-',
    body,
    unit: (before ?? after ?? '').toUpperCase(),
  };
}

/** What a column of amounts leaves open: the mark before its decimals, where its cells do not tell. */
interface Numbers {
  readonly kind: 'numbers';
  readonly marks: ReadonlySet<Mark>;
  readonly unit: string;
  /** Every cell is a plain number, which is never made another. */
  readonly isPlain: boolean;
  /** The first cell that is another number under each of the two marks. */
  readonly twofold: string | undefined;
}

/** Of a cell's digits under both marks. */
const isTwofold = (body: string): boolean => {
  const [point, comma] = [digitsOf(body, 'point'), digitsOf(body, 'comma')];
  return point !== undefined && comma !== undefined && Number(point) !== Number(comma);
};

/**
 * Telephone and record numbers, versions and addresses are written in groups too. Spaces, and points that stand twice, are before
 * thousands where a unit, decimals or lengths that differ speak of an amount.
 */
function areCodes(cells: readonly string[], amounts: readonly Amount[]): boolean {
  const isGrouped = ({ body }: Amount): boolean => /[ \u00a0\u2009\u202f]/.test(body) || /\.\d+\./.test(body);
  if (!amounts.some(isGrouped)) return false;
  if (amounts.some(({ unit }) => unit !== '')) return false;
  if (cells.some((cell) => cell.startsWith('+'))) return true;
  // The form of a network address.
  if (amounts.every(({ body }) => /^\d+(\.\d+){3}$/.test(body))) return true;
  const hasDecimals = amounts.some(({ body }) => /,\d+$|^[^.]*\.\d+$/.test(body));
  return !hasDecimals && new Set(amounts.map(({ body }) => body.length)).size === 1;
}

function numbersIn(cells: readonly string[]): Numbers | undefined {
  const amounts = cells.map(amountOf);
  const known = amounts.filter((one) => one !== undefined);
  if (known.length < cells.length) return undefined;
  const units = new Set(known.map(({ unit }) => unit));
  // "12%" beside "0.12", or dollars beside euros, are no one quantity.
  if (units.has('%') ? units.size > 1 : units.size > 2 || (units.size === 2 && !units.has('')))
    return undefined;
  if (areCodes(cells, known)) return undefined;
  const marks = (['point', 'comma'] as const).filter((mark) =>
    known.every(({ body }) => digitsOf(body, mark) !== undefined),
  );
  if (marks.length === 0) return undefined;
  return {
    kind: 'numbers',
    marks: new Set(marks),
    unit: [...units].find((unit) => unit !== '') ?? '',
    isPlain: cells.every((cell) => PLAIN.test(cell)),
    twofold: marks.length < 2 ? undefined : cells[known.findIndex(({ body }) => isTwofold(body))],
  };
}

interface NumberSpelling {
  readonly unit: string;
  /** undefined where none of the cells needed to know: then a cell that does is a misfit. */
  readonly mark: Mark | undefined;
  readonly misfit: (cell: string) => Misfit;
}

function respellNumber({ unit, mark, misfit }: NumberSpelling): Respell {
  return (cell) => {
    if (isNoNumber(cell)) return '';
    const amount = amountOf(cell);
    const isOfUnit = amount !== undefined && (amount.unit === unit || (amount.unit === '' && unit !== '%'));
    if (isOfUnit) {
      const digits =
        mark !== undefined
          ? digitsOf(amount.body, mark)
          : isTwofold(amount.body)
            ? undefined
            : (digitsOf(amount.body, 'point') ?? digitsOf(amount.body, 'comma'));
      if (digits !== undefined) return `${amount.sign}${digits}`;
    }
    // As it stands it would be taken for a number, of another worth.
    return PLAIN.test(cell) ? misfit(cell) : cell;
  };
}

/** Numbers as they stand, and words for none. */
const onlyWords: Respell = (cell) => (isNoNumber(cell) ? '' : cell);

/** A contract's numbers have no unit that could be held against the file's. */
function withoutUnit(name: string, unit: string, respell: Respell): Respell {
  return (cell) => {
    if (amountOf(cell)?.unit !== unit) return respell(cell);
    return {
      message:
        unit === '%'
          ? `${quoted(name)} holds ${quoted(cell)}, and it is not known whether its numbers are percents or shares of 1. Write all of them without %, as the contract counts them.`
          : `${quoted(name)} holds ${quoted(cell)}, and the currency of its numbers is not known. Write all of them without ${unit}, in the contract’s currency.`,
    };
  };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;
const MONTH =
  '(?<word>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const CLOCK =
  '(?:[ T,]\\s*(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?<part>\\.\\d{1,9})?)?\\s*(?<half>[ap]\\.?m\\.?)?(?<zone>Z|[+-]\\d{2}:?\\d{2})?)?';

/** Forms of dates; `order` where day and month are told apart by their place alone. */
const DATES: readonly { readonly form: RegExp; readonly order?: 'day' | 'month' }[] = [
  // With dots the day is first wherever they are written.
  { form: dateForm('(?<day>\\d{1,2})\\.\\s?(?<month>\\d{1,2})\\.\\s?(?<year>\\d{4})') },
  { form: dateForm('(?<day>\\d{1,2})[/-](?<month>\\d{1,2})[/-](?<year>\\d{4})'), order: 'day' },
  { form: dateForm('(?<month>\\d{1,2})[/-](?<day>\\d{1,2})[/-](?<year>\\d{4})'), order: 'month' },
  { form: dateForm('(?<year>\\d{4})[/.-](?<month>\\d{1,2})[/.-](?<day>\\d{1,2})') },
  { form: dateForm(`(?<day>\\d{1,2})(?:st|nd|rd|th)?[ -]${MONTH}[ ,-]\\s*(?<year>\\d{4})`) },
  { form: dateForm(`${MONTH} (?<day>\\d{1,2})(?:st|nd|rd|th)?,? (?<year>\\d{4})`) },
  { form: new RegExp(`^${MONTH}[ -](?<year>\\d{4})$`, 'i') },
  { form: /^(?<year>\d{4})[-/](?<month>\d{2})$/ },
  { form: /^(?<year>\d{4})[- ]?Q(?<quarter>[1-4])$/i },
];
function dateForm(date: string): RegExp {
  return new RegExp(`^${date}${CLOCK}$`, 'i');
}

/** ISO 8601; undefined where the cell has another form, or is no day that there was. */
function dateOf(cell: string, form: RegExp): string | undefined {
  const groups = cell.length > LONGEST ? undefined : form.exec(cell)?.groups;
  if (groups === undefined) return undefined;
  // Codes are written as a year and its month are: "1001-02".
  if (groups.day === undefined && !(Number(groups.year) >= 1500 && Number(groups.year) <= 2200))
    return undefined;
  const {
    year = '',
    month,
    word,
    quarter,
    day = '1',
    hour,
    minute,
    second = '00',
    part = '',
    half,
    zone = '',
  } = groups;
  const monthOf =
    word !== undefined
      ? MONTHS.findIndex((name) => word.toLowerCase().startsWith(name)) + 1
      : quarter !== undefined
        ? Number(quarter) * 3 - 2
        : Number(month);
  const date = new Date(Date.UTC(Number(year), monthOf - 1, Number(day)));
  if (date.getUTCMonth() !== monthOf - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const iso = `${year}-${String(monthOf).padStart(2, '0')}-${String(Number(day)).padStart(2, '0')}`;
  if (hour === undefined) return iso;
  const isAfternoon = half?.toLowerCase().startsWith('p');
  const hours = isAfternoon === undefined ? Number(hour) : (Number(hour) % 12) + (isAfternoon ? 12 : 0);
  const moment = `${iso}T${String(hours).padStart(2, '0')}:${minute ?? '00'}:${second}${part}${zone.toUpperCase()}`;
  return Number.isNaN(isoTime(moment)) ? undefined : moment;
}

interface Dates {
  readonly kind: 'dates';
  /** Forms that every cell has; more than one where day and month cannot be told apart. */
  readonly forms: readonly (typeof DATES)[number][];
}

function datesIn(cells: readonly string[]): Dates | undefined {
  const forms = DATES.filter(({ form }) => cells.every((cell) => dateOf(cell, form) !== undefined));
  return forms.length === 0 ? undefined : { kind: 'dates', forms };
}

interface Seen {
  readonly name: string;
  /** The first cell that would change its spelling. */
  readonly example: string;
  readonly words: readonly string[];
  readonly found: Numbers | Dates;
}

function seenIn(name: string, cells: readonly string[], reading?: ColumnReading): Seen | undefined {
  const present = cells.filter((cell) => !isMissing(cell));
  const values = present.filter((cell) => !isNoNumber(cell));
  const [first] = values;
  if (first === undefined || !isNaN(isoTime(first))) return undefined;
  const words = [...new Set(present.filter(isNoNumber))];
  // Dates first: "3.02.2021" is no number, but a year and a month are two.
  const found =
    (reading === 'number' ? undefined : datesIn(values)) ??
    (reading === 'time' ? undefined : numbersIn(values));
  if (found === undefined || (found.kind === 'dates' && words.length > 0)) return undefined;
  const example = values.find((cell) => !PLAIN.test(cell)) ?? first;
  return { name, example, words, found };
}

/**
 * From the header and first rows of a file. `readingOf` says what a contract reads in a column; without a contract every column is
 * looked at. A column of plain numbers keeps them, whatever stands beside it.
 */
export function cellSpellings(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  delimiter: string,
  readingOf?: (column: string) => ColumnReading,
): CellSpellings {
  const cellsOf = (field: number): readonly string[] => rows.map((row) => row[field] ?? '');
  const seen = header.map((name, field) => seenIn(name, cellsOf(field), readingOf?.(name)));
  const sure = (mark: Mark): boolean =>
    seen.some(
      (one) => one?.found.kind === 'numbers' && one.found.marks.size === 1 && one.found.marks.has(mark),
    );
  // Excel separates by semicolons where commas are in numbers; within commas a quoted "1,234" is a thousand and more.
  const usual: Mark | undefined =
    sure('comma') !== sure('point')
      ? sure('comma')
        ? 'comma'
        : 'point'
      : delimiter === ','
        ? 'point'
        : undefined;
  const order = new Set(
    seen.flatMap((one) =>
      one?.found.kind === 'dates' && one.found.forms.length === 1 ? (one.found.forms[0]?.order ?? []) : [],
    ),
  );
  const told = {
    numbers: [] as string[],
    dates: [] as string[],
    words: [] as string[],
    plain: [] as string[],
    open: [] as string[],
  };
  const tellWords = ({ name, words }: Seen): void => {
    if (words.length > 0) told.words.push(`${listOf(words.map(quoted), 4)} in ${quoted(name)}`);
  };
  const tell = (list: string[], { name, example }: Seen, respell: Respell): void => {
    const read = respell(example);
    if (typeof read === 'string' && read !== example)
      list.push(`${quoted(name)} (${quoted(example)} as ${read})`);
  };
  const numbersOf = (one: Seen, found: Numbers): Respell | undefined => {
    const { name, example, words } = one;
    if (found.isPlain) {
      const twofold = found.twofold === undefined ? undefined : amountOf(found.twofold);
      if (found.twofold !== undefined && twofold !== undefined && usual !== 'point')
        told.plain.push(
          `${quoted(name)} (${quoted(found.twofold)} as ${found.twofold}, not ${twofold.sign}${digitsOf(twofold.body, 'comma')})`,
        );
      tellWords(one);
      return words.length === 0 ? undefined : onlyWords;
    }
    const mark = found.marks.size === 1 ? [...found.marks][0] : usual;
    if (mark === undefined && found.twofold !== undefined) {
      told.open.push(`${quoted(name)} (${quoted(example)})`);
      return undefined;
    }
    const misfit = (cell: string): Misfit => ({
      message: `${quoted(name)} is written as ${quoted(example)} in the first rows, and here as ${quoted(cell)}, which may be another number. Write all of them alike.`,
    });
    const read = respellNumber({ unit: found.unit, mark, misfit });
    const respell = readingOf === undefined || found.unit === '' ? read : withoutUnit(name, found.unit, read);
    tell(told.numbers, one, respell);
    tellWords(one);
    return respell;
  };
  const datesOf = (one: Seen, found: Dates): Respell | undefined => {
    const inOrder = found.forms.filter((other) => other.order !== undefined && order.has(other.order));
    const form = found.forms.length === 1 ? found.forms[0] : order.size === 1 ? inOrder[0] : undefined;
    if (form === undefined) {
      told.open.push(`${quoted(one.name)} (${quoted(one.example)})`);
      return undefined;
    }
    const respell: Respell = (cell) => dateOf(cell, form.form) ?? cell;
    tell(told.dates, one, respell);
    return respell;
  };
  const fields = seen.map((one) => {
    if (one === undefined || readingOf?.(one.name) === 'as-written') return undefined;
    return one.found.kind === 'numbers' ? numbersOf(one, one.found) : datesOf(one, one.found);
  });
  return {
    fields,
    notes: [
      ...(told.numbers.length > 0 ? [`Read as numbers: ${listOf(told.numbers, 8)}.`] : []),
      ...(told.dates.length > 0 ? [`Read as dates: ${listOf(told.dates, 8)}.`] : []),
      ...(told.words.length > 0 ? [`No numbers, and taken as missing: ${listOf(told.words, 8)}.`] : []),
      ...(told.plain.length > 0
        ? [
            `Read with a point before decimals, though it may stand before thousands: ${listOf(told.plain, 8)}. Take the points out where that is wrong.`,
          ]
        : []),
      ...(told.open.length > 0
        ? [
            `Left as texts, because they can be read in two ways: ${listOf(told.open, 8)}. Write dates as 2024-05-17, and numbers as 1234.5.`,
          ]
        : []),
    ],
  };
}
