// The signed head in a file that somebody kept: by itself, in a receipt with its proof, or in a list of receipts.
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import { SignedHead } from './statements.ts';

export function parsed(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return fail(
      'This is no JSON. Choose a receipt that was saved from “My device”, or paste the whole of it.',
    );
  }
}

const HasHead = v.union([
  v.pipe(
    v.object({ inclusion: v.object({ head: SignedHead }) }),
    v.transform(({ inclusion }) => inclusion.head),
  ),
  v.pipe(
    v.object({ head: SignedHead }),
    v.transform(({ head }) => head),
  ),
  SignedHead,
]);

/** A head by itself, that of a receipt with its proof, or the newest of a list of receipts. */
export function readHead(text: string): Result<SignedHead, string> {
  const json = parsed(text);
  if (!json.ok) return json;
  const heads = (Array.isArray(json.value) ? json.value : [json.value]).flatMap((one) => {
    const read = v.safeParse(HasHead, one);
    return read.success ? [read.output] : [];
  });
  const newest = heads.sort((a, b) => b.head.size - a.head.size)[0];
  return newest === undefined
    ? fail('There is no signed head in this. A receipt holds one once its version is there.')
    : ok(newest);
}
