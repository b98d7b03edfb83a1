// What of labelling stands in the address: who, which pass, which examples, which order. Whatever it says otherwise is the usual.
import * as v from 'valibot';
import type { LabellingWishes } from './labelling.svelte.ts';

const scopes = ['unlabelled', 'all', 'suspected', 'unsure', 'again'] as const;
const orders = ['margin', 'entropy', 'least-confidence', 'random'] as const;
const Annotator = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(40));

export function wishesIn(parameters: URLSearchParams): LabellingWishes {
  const annotator = v.safeParse(Annotator, parameters.get('by'));
  const pass = Number(parameters.get('pass') ?? 1);
  const scope = v.safeParse(v.picklist(scopes), parameters.get('of'));
  const order = v.safeParse(v.picklist(orders), parameters.get('order'));
  return {
    judge: {
      annotator: annotator.success ? annotator.output : 'Me',
      pass: Number.isInteger(pass) && pass >= 1 && pass <= 9 ? pass : 1,
    },
    scope: scope.success ? scope.output : 'unlabelled',
    order: order.success ? order.output : 'margin',
  };
}

/** Of pictures: shapes in them, and not each as a whole. */
export const shapesIn = (parameters: URLSearchParams): boolean => parameters.get('as') === 'shapes';

export function addressOf(url: URL, { judge, scope, order }: LabellingWishes, drawsShapes: boolean): URL {
  const next = new URL(url);
  next.search = new URLSearchParams({
    by: judge.annotator,
    pass: String(judge.pass),
    of: scope,
    order,
    ...(drawsShapes ? { as: 'shapes' } : {}),
  }).toString();
  return next;
}
