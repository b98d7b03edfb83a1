// The rules of thumb of one dataset, as a person writes them: kept beside it, worked out by the worker after each change.
import type { TableColumn, TableContract } from '../core/data/contract.ts';
import type { Judge } from '../core/labelling/journal.ts';
import { readPattern } from '../core/data/pattern.ts';
import { readWeakRules, weakRulesJson, type WeakRule } from '../core/labelling/weak-rules.ts';
import type { WeakLabels, WeakSettings } from '../participant/labelling/weak-labels.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { LabellingPage } from './labelling.svelte.ts';

/** A rule as it is typed. */
export interface RuleDraft {
  readonly column: string;
  readonly test: WeakRule['test'];
  readonly value: string;
  readonly label: number;
}

export const testTitles: Readonly<Record<WeakRule['test'], string>> = {
  above: 'is more than',
  'at-most': 'is at most',
  is: 'is',
  contains: 'contains',
  fits: 'holds what is written as',
  missing: 'is missing',
};

/** What may be asked of a column. */
export const testsOf = (column: TableColumn): readonly WeakRule['test'][] => [
  ...(column.type === 'number' ? (['above', 'at-most'] as const) : (['is', 'contains', 'fits'] as const)),
  ...('missingAllowed' in column && column.missingAllowed ? (['missing'] as const) : []),
];

/** The rule, or what is missing of it in a sentence. */
export function ruleOf(
  { column, test, value, label }: RuleDraft,
  contract: TableContract,
): WeakRule | string {
  const found = contract.columns.find((one) => one.name === column);
  if (found === undefined || !testsOf(found).includes(test)) return `Choose what “${column}” is asked.`;
  if (test === 'missing') return { test, column, label };
  if (test === 'is' || test === 'contains')
    return value.trim() === ''
      ? 'Type what the cell is to hold.'
      : { test, column, value: value.trim(), label };
  if (test === 'fits') {
    const pattern = readPattern(value.trim());
    return value.trim() === '' || !pattern.ok
      ? `Type a pattern, as \\d+ ?mg.${pattern.ok ? '' : ` ${pattern.error}.`}`
      : { test, column, value: value.trim(), label };
  }
  const number = Number(value);
  return value.trim() === '' || !Number.isFinite(number)
    ? 'Type a number, with a point for decimals.'
    : { test, column, value: number, label };
}

export class WeakRules {
  rules = $state.raw<readonly WeakRule[]>([]);
  settings = $state.raw<WeakSettings>({ by: 'weighed', atLeast: 0.8 });
  /** What they come to; undefined until worked out, or where there are none. */
  found = $state.raw<WeakLabels | undefined>();
  /** Why what is kept could not be read. */
  trouble = $state<string | null>(null);
  /** Goes up with each question. */
  #turn = 0;
  /** What is kept may be a later version's: it is left as it is. */
  #isForeign = false;

  constructor(
    readonly page: LabellingPage,
    private readonly store: () => Promise<Pick<DatasetStore, 'weakRules' | 'keepWeakRules'>>,
  ) {}

  async load(judge: Judge): Promise<void> {
    const isRead = await this.page.attempt(async () => {
      const kept = await (await this.store()).weakRules(this.page.id);
      const read = kept === undefined ? undefined : readWeakRules(kept);
      this.#isForeign = read?.ok === false;
      this.trouble =
        read?.ok === false
          ? `${read.error} What is written here is not kept, so that what is kept stays whole.`
          : null;
      this.rules = read?.ok === true ? read.value : [];
    });
    if (isRead) await this.work(judge);
  }

  async set(rules: readonly WeakRule[], judge: Judge): Promise<void> {
    this.rules = rules;
    if (!this.#isForeign)
      await this.page.attempt(async () =>
        (await this.store()).keepWeakRules(this.page.id, weakRulesJson(rules)),
      );
    // Where they suggest, the new ones do from now on.
    if (this.page.guide.type === 'rules') {
      this.page.guide = { ...this.page.guide, rules };
      await this.page.requeue();
    }
    await this.work(judge);
  }

  /** Works them out anew; what an older question found does not overwrite it. */
  async work(judge: Judge): Promise<void> {
    const { rules, settings } = this;
    const turn = (this.#turn += 1);
    if (rules.length === 0) {
      this.found = undefined;
      return;
    }
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      const answer = await this.page.ask({ type: 'weak', rules, judge, ...settings });
      if (answer?.type === 'weak' && turn === this.#turn) this.found = answer.weak;
    });
  }

  /** What they are sure enough of becomes the dataset's label, where it has none. */
  async keep(judge: Judge, message: string): Promise<boolean> {
    const { rules, settings } = this;
    const isKept = await this.page.commit((base) => ({
      type: 'keep-weak',
      rules,
      judge,
      base,
      message,
      ...settings,
    }));
    if (isKept) await this.work(judge);
    return isKept;
  }
}
