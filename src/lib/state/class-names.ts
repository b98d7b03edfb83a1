// Names of the classes that a person is about to bring examples of, as they are typed: one, or several with commas between.
import { fail, ok, type Result } from '../core/result.ts';
import { folded } from '../modalities/class-match.ts';

const MOST_CLASSES = 100;
const LONGEST_NAME = 80;

/** All of them or none: those that are new, or why they are refused. */
export function newClasses(typed: string, classes: readonly string[]): Result<readonly string[], string> {
  const added = typed
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (added.length === 0) return fail('Write the name of a class, or several with commas between.');
  if (classes.length + added.length > MOST_CLASSES)
    return fail(`A model here tells at most ${MOST_CLASSES} classes apart.`);
  const known = new Map(classes.map((name) => [folded(name), name]));
  for (const name of added) {
    if (name.length > LONGEST_NAME)
      return fail(`“${name.slice(0, 20)}…” is too long: ${LONGEST_NAME} letters at most.`);
    if (folded(name) === '')
      return fail(`“${name}” cannot be the name of a class: it has a letter or a digit somewhere.`);
    const same = known.get(folded(name));
    if (same !== undefined)
      return fail(same === name ? `“${name}” is there already.` : `“${name}” and “${same}” read the same.`);
    known.set(folded(name), name);
  }
  return ok(added);
}
