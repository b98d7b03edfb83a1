// Columns that say who a row is about: no model should learn them, and nobody should pass them on by mistake.
import type { ColumnValues } from './columns.ts';

/** Names of columns that hold identifiers. */
export const IDENTIFIER_NAME =
  /^(id|uuid|guid|index|no|nr|e-?mail|phone|ssn|mrn|(first|last|full|sur)_?name)$|(_|\b)(id|uuid|mrn)$/i;
const PERSONAL_NAME =
  /^(name|address|street|phone|mobile|telephone|fax|iban|passport|birth_?(date|day)|date_?of_?birth|dob)$/i;

const WRITTEN: readonly (readonly [what: string, how: RegExp])[] = [
  ['e-mail addresses', /^[^\s@]+@[^\s@]+\.[^\s@]+$/],
  ['UUIDs', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ['bank accounts (IBAN)', /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/],
  ['IP addresses', /^\d{1,3}(\.\d{1,3}){3}$/],
  ['telephone numbers', /^\+\d[\d ()/-]{6,18}$/],
  ['names of two words', /^\p{Lu}[\p{L}'’-]+,? \p{Lu}[\p{L}'’.-]+$/u],
];
/** Of the first values, this share must be written so. */
const SHARE = 0.6;
const LOOKED_AT = 500;

/** Why a column seems to tell who a row is about, as the end of a sentence; undefined where it does not. */
export function identityOf(column: ColumnValues, distinct: number, count: number): string | undefined {
  const { name } = column;
  if (column.type === 'category') {
    const values = column.labels.slice(0, LOOKED_AT);
    for (const [what, how] of WRITTEN) {
      const found = values.filter((value) => how.test(value)).length;
      // A handful of categories may be two words each; names are many.
      if (values.length >= 5 && found >= values.length * SHARE && distinct > count / 4)
        return `it holds ${what}.`;
    }
  }
  if (PERSONAL_NAME.test(name)) return `its name “${name}” says that it describes a person.`;
  if (IDENTIFIER_NAME.test(name) && distinct > count / 2)
    return `its name “${name}” is one of identifiers, and most of its values differ.`;
  const isCounted =
    column.type === 'number' &&
    column.values.every((value) => Number.isNaN(value) || Number.isInteger(value));
  if (count >= 20 && distinct === count && (column.type === 'category' || isCounted))
    return 'every row has a value of its own.';
  return undefined;
}
