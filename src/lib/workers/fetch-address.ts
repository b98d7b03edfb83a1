// One file from an address that a person gave: asked for plainly, counted as it comes, refused in sentences. Nothing goes out but the
// request: no cookie, no body, and of the page its site alone, which a browser names (Origin) for the other to decide by.
import { fail, ok, type Result } from '../core/result.ts';
import { fileBehind } from './share-links.ts';

export interface FetchedFile {
  /** By the address, with an ending that says its kind where the server named one. */
  readonly name: string;
  readonly blob: Blob;
  /** What the person should know: the answer came from elsewhere. */
  readonly note: string | undefined;
}

export interface FetchOptions {
  readonly fetch: (address: string, options: RequestInit) => Promise<Response>;
  readonly isOnline: () => boolean;
  readonly signal: AbortSignal;
  /** `total` where the server says it. */
  readonly onBytes: (bytes: number, total: number | undefined) => void;
}

/** Larger files are read better from the disk: what is fetched lies in the browser's memory first. */
export const MOST_FETCHED_BYTES = 2 ** 30;
/** What would be sent with a longer one is no address of a file. */
const LONGEST_ADDRESS = 2000;
/** Gathered before they become part of a Blob, which a browser may move to its disk. */
const PART_BYTES = 8 * 2 ** 20;

/** The address to be asked, which is that of the file where its page was given; or why it is not. */
export function addressOf(text: string): Result<URL, string> {
  const given = text.trim();
  if (given.length > LONGEST_ADDRESS)
    return fail(`The address has more than ${LONGEST_ADDRESS} letters. Give that of a file.`);
  if (!URL.canParse(given)) return fail('Give the whole address, as https://example.org/table.csv.');
  const behind = fileBehind(new URL(given));
  if (!behind.ok) return behind;
  const url = behind.value;
  const isHere = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    return fail(
      `A file is fetched by https alone (from this computer by http too), and this address begins with ${url.protocol}. What comes otherwise can be read and changed on its way.`,
    );
  if (url.username !== '' || url.password !== '')
    return fail(
      'The address holds a name or a password, which would be sent. Download the file and choose it here.',
    );
  return ok(url);
}

/** Refused in a sentence; rejects with the signal's reason. */
export async function fetchAddress(
  text: string,
  options: FetchOptions,
): Promise<Result<FetchedFile, string>> {
  const address = addressOf(text);
  if (!address.ok) return address;
  const { host } = address.value;
  const { signal, onBytes } = options;
  if (!options.isOnline() && !isLocal(address.value))
    return fail('This device is offline. Try again when it is not, or choose a file that is here.');
  let response: Response;
  try {
    response = await options.fetch(address.value.href, {
      method: 'GET',
      mode: 'cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'follow',
      cache: 'no-store',
      signal,
    });
  } catch {
    signal.throwIfAborted();
    // A browser does not tell a page which of these it was.
    return fail(
      `${host} gave no file: it was not to be reached, does not let pages of other sites read its files (CORS), or led on to an address without https. Download the file and choose it here.`,
    );
  }
  const problem = answerProblem(response, host);
  if (problem !== undefined) {
    await response.body?.cancel();
    return fail(problem);
  }
  const blob = await readBody(response, host, signal, onBytes);
  if (!blob.ok) return blob;
  const from = URL.canParse(response.url) ? new URL(response.url).host : host;
  return ok({
    name: fileNameOf(address.value, response.headers),
    blob: blob.value,
    note: from === host ? undefined : `${host} led on to ${from}, which gave the file.`,
  });
}

const isLocal = ({ protocol }: URL): boolean => protocol === 'http:';

function answerProblem(response: Response, host: string): string | undefined {
  if (!response.ok) {
    const why =
      response.status === 404 || response.status === 410
        ? 'there is no such file'
        : response.status === 401 || response.status === 403
          ? 'it gives the file only to whom it knows'
          : response.status >= 500
            ? 'it has trouble of its own'
            : 'it gives no file so';
    return `${host} answered ${response.status}: ${why}. Check the address, or download the file and choose it here.`;
  }
  if (/^(text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? ''))
    return `${host} answered with a page, not with a file. Look there for the address of the file itself (“raw”, “download”).`;
  return Number(response.headers.get('content-length') ?? 0) > MOST_FETCHED_BYTES
    ? tooLarge(host)
    : undefined;
}

const tooLarge = (host: string): string =>
  `The file of ${host} is larger than ${MOST_FETCHED_BYTES / 2 ** 30} GiB. Download it and choose it here: from a disk it is read in pieces.`;

async function readBody(
  response: Response,
  host: string,
  signal: AbortSignal,
  onBytes: FetchOptions['onBytes'],
): Promise<Result<Blob, string>> {
  const reader = response.body?.getReader();
  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, waiting] = [0, 0];
  // What is packed on its way is counted unpacked: then its length says nothing of how far it is.
  const stated = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = stated === null ? undefined : Number(stated);
  try {
    for (;;) {
      const piece = await reader?.read();
      signal.throwIfAborted();
      if (piece === undefined || piece.done) break;
      bytes += piece.value.length;
      waiting += piece.value.length;
      if (bytes > MOST_FETCHED_BYTES) return fail(tooLarge(host));
      pending.push(piece.value);
      if (waiting >= PART_BYTES) {
        parts.push(new Blob(pending));
        [pending, waiting] = [[], 0];
      }
      onBytes(bytes, total);
    }
  } catch {
    signal.throwIfAborted();
    return fail(`The connection to ${host} broke after ${bytes.toLocaleString('en')} bytes. Try again.`);
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  if (bytes === 0) return fail(`The file of ${host} is empty.`);
  return ok(new Blob([...parts, ...pending]));
}

/** Endings by which readers tell files apart, for addresses that have none. */
const ENDINGS: Readonly<Record<string, string>> = {
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'text/plain': '.txt',
  'application/json': '.json',
  'application/x-ndjson': '.ndjson',
  'application/zip': '.zip',
  'application/vnd.apache.parquet': '.parquet',
  'application/vnd.apache.arrow.file': '.arrow',
  'application/vnd.apache.arrow.stream': '.arrow',
  'audio/wav': '.wav',
  'image/png': '.png',
  'image/jpeg': '.jpg',
};

function fileNameOf({ pathname, hostname }: URL, headers: Headers): string {
  // Addresses of an API end with what is asked of the file; a sheet’s name stands in the header alone, where the server shows it.
  const parts = pathname.replace(/\/(raw|content)$/, '').split('/');
  const last = parts.findLast((part) => part !== '') ?? hostname;
  let name = nameGiven(headers.get('content-disposition')) ?? last;
  try {
    name = decodeURIComponent(name).replaceAll('/', '_');
  } catch {
    // Not encoded as UTF-8: it is taken as it stands.
  }
  const ending = ENDINGS[(headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''];
  return /\.[a-z0-9]{1,8}$/i.test(name) && name !== hostname ? name : `${name}${ending ?? ''}`;
}

/** RFC 6266, §4.3: the name in UTF-8 goes before the plain one. */
const nameGiven = (disposition: string | null): string | undefined =>
  /filename\*\s*=\s*UTF-8'[^']*'([^;]+)/i.exec(disposition ?? '')?.[1]?.trim() ??
  /filename\s*=\s*"([^"]+)"/i.exec(disposition ?? '')?.[1];
