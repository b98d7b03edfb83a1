import { expect, test } from 'vitest';
import { addressOf, fetchAddress, MOST_FETCHED_BYTES, type FetchOptions } from './fetch-address.ts';

const asked = async (
  address: string,
  answer: Response | Error,
  options: Partial<FetchOptions> = {},
): Promise<{ readonly outcome: string; readonly sent: RequestInit | undefined; readonly seen: number[] }> => {
  let sent: RequestInit | undefined;
  const seen: number[] = [];
  const fetched = await fetchAddress(address, {
    fetch(_, request) {
      sent = request;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    isOnline: () => true,
    signal: new AbortController().signal,
    onBytes: (bytes) => seen.push(bytes),
    ...options,
  });
  if (!fetched.ok) return { outcome: fetched.error, sent, seen };
  const { name, blob, note } = fetched.value;
  return {
    outcome: [name, await blob.text(), ...(note === undefined ? [] : [note])].join(' · '),
    sent,
    seen,
  };
};
const csv = (text: string, headers: Record<string, string> = {}): Response =>
  new Response(text, { headers: { 'content-type': 'text/csv; charset=utf-8', ...headers } });

test('a file is asked for with nothing but its address, and named by it', async () => {
  const { outcome, sent, seen } = await asked(
    'https://example.org/data/caf%C3%A9.csv?raw=1',
    csv('a,b\n1,2\n'),
  );
  expect(outcome).toBe('café.csv · a,b\n1,2\n');
  expect(sent).toMatchObject({ method: 'GET', credentials: 'omit', referrerPolicy: 'no-referrer' });
  expect(sent).not.toHaveProperty('body');
  expect(sent).not.toHaveProperty('headers');
  expect(seen).toEqual([8]);
  expect((await asked('https://example.org/export', csv('a\n1\n'))).outcome).toMatch(/^export\.csv · /);
  expect((await asked('https://example.org', csv('a\n1\n'))).outcome).toMatch(/^example\.org\.csv · /);
});

test('the page of a file on a site that is known stands for the file, which is named by its site', async () => {
  let address = '';
  const answer = csv('a\n1\n', {
    'content-disposition': `attachment; filename="Wards.csv"; filename*=UTF-8''W%C3%A4rds.csv`,
  });
  const options: Partial<FetchOptions> = {
    fetch(to) {
      address = to;
      return Promise.resolve(answer.clone());
    },
  };
  const sheet = await asked(
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/edit#gid=3',
    answer,
    options,
  );
  expect(address).toBe(
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/export?format=csv&gid=3',
  );
  expect(sheet.outcome).toMatch(/^Wärds\.csv · /);
  const record = await asked('https://zenodo.org/records/7/files/b%20c.csv', csv('a\n1\n'));
  expect(record.outcome).toMatch(/^b c\.csv · /);
  expect((await asked('https://www.kaggle.com/datasets/a/b', answer, options)).outcome).toMatch(/^Kaggle/);
});

test.each([
  ['example.org/a.csv', /Give the whole address/],
  ['http://example.org/a.csv', /by https alone.*begins with http:/],
  ['file:///etc/passwd', /begins with file:/],
  ['data:text/csv,a', /begins with data:/],
  ['https://me:secret@example.org/a.csv', /holds a name or a password/],
  [`https://example.org/${'a'.repeat(2000)}`, /more than 2000 letters/],
])('%s is not asked for', async (address, reason) => {
  const { outcome, sent } = await asked(address, csv('a\n1\n'));
  expect(outcome).toMatch(reason);
  expect(sent).toBeUndefined();
});

test('from this computer a file may come by http', () => {
  expect(addressOf(' http://localhost:8000/a.csv ')).toMatchObject({ ok: true });
  expect(addressOf('http://127.0.0.1:8000/a.csv')).toMatchObject({ ok: true });
  expect(addressOf('http://127.0.0.1.example.org/a.csv')).toMatchObject({ ok: false });
});

test.each([
  [new Response('', { status: 404 }), /answered 404: there is no such file/],
  [new Response('', { status: 403 }), /answered 403: it gives the file only to whom it knows/],
  [new Response('<html>', { headers: { 'content-type': 'text/html' } }), /with a page, not with a file/],
  [csv('a', { 'content-length': String(MOST_FETCHED_BYTES + 1) }), /larger than 1 GiB/],
  [new Response(null, { headers: { 'content-type': 'text/csv' } }), /is empty/],
  [new TypeError('Failed to fetch'), /not to be reached.*\(CORS\).*choose it here/],
])('an answer that is no file is told in a sentence', async (answer, reason) => {
  expect((await asked('https://example.org/a.csv', answer)).outcome).toMatch(reason);
});

test('a device that is offline is told so, a connection that breaks, and a server that leads on to another', async () => {
  const offline = await asked('https://example.org/a.csv', csv('a\n1\n'), { isOnline: () => false });
  expect(offline.outcome).toMatch(/device is offline/);
  expect(offline.sent).toBeUndefined();
  let pulls = 0;
  const broken = new ReadableStream({
    pull(controller) {
      pulls += 1;
      if (pulls === 1) controller.enqueue(new TextEncoder().encode('a,b\n'));
      else controller.error(new TypeError('network error'));
    },
  });
  expect((await asked('https://example.org/a.csv', new Response(broken))).outcome).toMatch(
    /broke after 4 bytes/,
  );
  const elsewhere = csv('a\n1\n');
  Object.defineProperty(elsewhere, 'url', { value: 'https://cdn.example.net/x/9f.csv' });
  expect((await asked('https://example.org/a.csv', elsewhere)).outcome).toMatch(
    /^a\.csv · .*example\.org led on to cdn\.example\.net/s,
  );
});

test('cancelling rejects with its reason, also between two pieces', async () => {
  const stop = new AbortController();
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10)) });
  await expect(
    asked('https://example.org/a.csv', new Response(body), {
      signal: stop.signal,
      onBytes: () => stop.abort(new Error('enough')),
    }),
  ).rejects.toThrow('enough');
});
