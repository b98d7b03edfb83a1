// The log of coordinators' acts over HTTP, for coordinators: a page of it, or the whole as lines of JSON.
import type { Act } from '#lib/protocol/http.ts';
import type { ActRecord, Records } from '../ports/records.ts';
import { json, type Reply } from './reply.ts';

const LONGEST_PAGE = 500;

const wholeOf = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

export async function listActs(records: Pick<Records, 'acts'>, query: URLSearchParams): Promise<Reply> {
  if (query.get('format') === 'ndjson')
    return {
      status: 200,
      headers: {
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': 'attachment; filename="acts.ndjson"',
        'cache-control': 'no-store',
      },
      body: everyLine(records),
    };
  const limit = Math.min(Math.max(wholeOf(query.get('limit')) ?? 100, 1), LONGEST_PAGE);
  const acts = await records.acts({ before: wholeOf(query.get('before')), limit });
  return json(200, acts satisfies readonly Act[]);
}

/** Newest first, a page at a time: the whole never stands in memory. */
async function* everyLine(records: Pick<Records, 'acts'>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let before: number | undefined; ;) {
    const page: readonly ActRecord[] = await records.acts({ before, limit: LONGEST_PAGE });
    for (const act of page) yield encoder.encode(`${JSON.stringify(act)}\n`);
    before = page.at(-1)?.sequence;
    if (before === undefined || page.length < LONGEST_PAGE) return;
  }
}
