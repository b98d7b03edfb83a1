// Reading what was sent: a JSON body of bounded size by its schema.
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { MAXIMUM_JSON_BYTES } from '#lib/protocol/limits.ts';
import { refusal, type Reply } from './reply.ts';

export async function readJson<S extends v.GenericSchema>(
  request: IncomingMessage,
  schema: S,
): Promise<Result<v.InferOutput<S>, Reply>> {
  const tooLarge = (): Result<never, Reply> =>
    fail(refusal(413, 'too-large', `The request is larger than ${MAXIMUM_JSON_BYTES / 1024} kB.`));
  if (Number(request.headers['content-length'] ?? 0) > MAXIMUM_JSON_BYTES) return tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request) {
      if (!Buffer.isBuffer(part)) continue;
      length += part.length;
      if (length > MAXIMUM_JSON_BYTES) return tooLarge();
      parts.push(part);
    }
  } catch {
    // The other end went away: nobody reads this answer.
    return fail(refusal(400, 'cut-off', 'The request was cut off.'));
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return fail(refusal(400, 'malformed', 'The request is not JSON.'));
  }
  const read = v.safeParse(schema, value);
  if (read.success) return ok(read.output);
  const issues = read.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message: sentenceOf(issue),
  }));
  const [first] = issues;
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return fail(
    refusal(422, 'invalid', `${where}${first?.message ?? 'The request cannot be read.'}`, { issues }),
  );
}

const sentenceOf = (issue: v.BaseIssue<unknown>): string =>
  issue.expected === null
    ? issue.message
    : `Expected ${issue.expected}, but got ${issue.received}. ${plain(issue)}`.trim();

/** The schema's own words, where it has any beyond valibot's own "Invalid …". */
const plain = (issue: v.BaseIssue<unknown>): string =>
  issue.message.startsWith('Invalid') ? '' : `Needed: ${issue.message}.`;
