/** One line of a benchmark's table. `value` is as it is printed; `target` says in words what was aimed at, null without one. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string | null;
  readonly ok: boolean;
}
