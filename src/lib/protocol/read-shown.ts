import * as v from 'valibot';
import { ShownSurvey } from './survey-views.ts';

/** What the server says it shows; nothing where that cannot be read. */
export function readShown(told: unknown): readonly ShownSurvey[] {
  const read = v.safeParse(v.array(ShownSurvey), told);
  return read.success ? read.output : [];
}
