// Figures in the order in which a person reads them: what stands out comes first, what is not told last.
import type { Figures as ImportanceFigures } from './importance.ts';
import type { Figures as SliceFigures } from './slices.ts';

export const worstFirst = ({ slices }: SliceFigures): SliceFigures['slices'] =>
  slices.toSorted((a, b) => (b.shown?.loss ?? -1) - (a.shown?.loss ?? -1));

export const mostFirst = ({ columns }: ImportanceFigures): ImportanceFigures['columns'] =>
  columns.toSorted((a, b) => (b.mean ?? -1) - (a.mean ?? -1));
