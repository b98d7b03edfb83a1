// The contract's rules for whole columns while files are read: no value twice, written by a pattern, missing in few rows; and which
// rows belong together. One of
// these belongs to one import, over all its files.
import type { ColumnRule, TableContract } from '../../core/data/contract.ts';
import { murmur128 } from '../../core/data/example-hash.ts';
import { hashCounts } from '../../core/data/hash-counts.ts';
import { readPattern } from '../../core/data/pattern.ts';
import {
  LISTED_REFUSALS,
  quoted,
  type BrokenPlace,
  type Problem,
  type RefusalLog,
} from '../import-report.ts';
import { fieldText, type CsvRecord } from './csv-scanner.ts';
import { isMissing } from '../../core/data/missing.ts';

export interface ColumnRules {
  /** The columns that they are for. */
  readonly columns: readonly string[];
  /** For records of one file; `header` holds every column. */
  of(file: string, header: readonly string[]): FileRules;
  /** After the last file: what only the whole can break. */
  finish(log: RefusalLog): void;
}

export interface FileRules {
  check(record: CsvRecord, onProblem: (problem: Problem) => void): void;
  /** 32 bits that stand for the group which the record belongs to; undefined where it belongs to none. */
  groupOf(record: CsvRecord): number | undefined;
}

interface Running {
  readonly rule: ColumnRule;
  readonly check: (text: string, record: CsvRecord, file: string) => Problem | undefined;
  readonly finish?: (log: RefusalLog) => void;
}

export function columnRules({ rules = [] }: Pick<TableContract, 'rules'>): ColumnRules {
  const running = rules.map(start);
  return {
    columns: rules.map((rule) => rule.column),
    of(file, header) {
      const placed = running.map((one) => ({ ...one, field: header.indexOf(one.rule.column) }));
      const group = placed.find((one) => one.rule.type === 'group')?.field;
      return {
        check(record, onProblem) {
          for (const { check, field } of placed) {
            const problem = check(fieldText(record, field), record, file);
            if (problem !== undefined) onProblem(problem);
          }
        },
        groupOf(record) {
          if (group === undefined) return undefined;
          const text = fieldText(record, group);
          return isMissing(text) ? undefined : hashOf(text)[0];
        },
      };
    },
    finish(log) {
      for (const one of running) one.finish?.(log);
    },
  };
}

function start(rule: ColumnRule): Running {
  switch (rule.type) {
    case 'unique':
      return unique(rule);
    case 'pattern':
      return pattern(rule);
    case 'missing-share':
      return missingShare(rule);
    case 'group':
      return { rule, check: () => undefined };
    default:
      return rule satisfies never;
  }
}

const encoder = new TextEncoder();
const hash = new Uint32Array(4);
/** Of a cell's text; valid until the next. */
function hashOf(text: string): Uint32Array {
  const bytes = encoder.encode(text);
  murmur128(hash, bytes, 0, bytes.length, 0);
  return hash;
}

function unique(rule: Extract<ColumnRule, { type: 'unique' }>): Running {
  const seen = hashCounts();
  return {
    rule,
    check(text) {
      if (isMissing(text)) return undefined;
      const [first = 0, second = 0] = hashOf(text);
      if (seen.add(first, second) === 0) return undefined;
      return {
        kind: 'not-unique',
        column: rule.column,
        found: text,
        expected: 'a value that no other row has',
        message: `${quoted(rule.column)} must be different in every row, but ${quoted(text)} stands in a row before. Delete one of them.`,
      };
    },
  };
}

function pattern(rule: Extract<ColumnRule, { type: 'pattern' }>): Running {
  const read = readPattern(rule.pattern);
  return {
    rule,
    check(text) {
      // A pattern that cannot be read was refused with the federation's settings; from elsewhere it lets everything through, and says so.
      if (!read.ok || isMissing(text) || read.value(text)) return undefined;
      return {
        kind: 'wrong-pattern',
        column: rule.column,
        found: text,
        expected: `written as ${rule.pattern}`,
        message: `${quoted(rule.column)} must be written as ${rule.pattern}, but the cell holds ${quoted(text)}.`,
      };
    },
    finish(log) {
      if (!read.ok)
        log.note(`The pattern for ${quoted(rule.column)} cannot be read and was not checked: ${read.error}.`);
    },
  };
}

function missingShare(rule: Extract<ColumnRule, { type: 'missing-share' }>): Running {
  const places: BrokenPlace[] = [];
  let rows = 0;
  let missing = 0;
  return {
    rule,
    check(text, record, file) {
      rows += 1;
      if (!isMissing(text)) return undefined;
      missing += 1;
      if (places.length < LISTED_REFUSALS) places.push({ file, row: record.row, found: text });
      return undefined;
    },
    finish(log) {
      if (rows === 0 || missing / rows <= rule.maximum) return;
      const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
      const message = `${quoted(rule.column)} is empty in ${missing} of ${rows} rows (${percent(missing / rows)}), and at most ${percent(rule.maximum)} may be. Nothing was kept: fill in more of them.`;
      log.unfit(
        {
          kind: 'too-many-missing',
          column: rule.column,
          found: '',
          expected: `empty in at most ${percent(rule.maximum)} of the rows`,
          message,
        },
        places,
        missing,
      );
    },
  };
}
