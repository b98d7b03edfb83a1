// The page of a file on the sites where tables are shared, and the address at which the same site gives the file itself to pages of
// other sites (CORS). One site, one entry: what a person copies from the address bar is enough. Where a site gives its files to nobody
// else, that is said before anything is asked.
import { fail, ok, type Result } from '../core/result.ts';

interface Site {
  /** The groups of a match go to `file` or `refusal`. */
  readonly page: RegExp;
  /** Of the host, path, query and fragment that `page` matched. */
  readonly file: (parts: readonly string[], url: URL) => string | { readonly refusal: string };
}

const sites: readonly Site[] = [
  {
    // github.com itself sends no CORS headers, not even with the way to raw.githubusercontent.com.
    page: /^github\.com\/([^/]+)\/([^/]+)\/(?:blob|raw)\/(.+)$/,
    file: ([owner, name, rest]) => `https://raw.githubusercontent.com/${owner}/${name}/${rest}`,
  },
  {
    page: /^gist\.github\.com\/([^/]+)\/([0-9a-f]+)(?:\/raw)?$/,
    file: ([owner, id], { hash }) =>
      hash.startsWith('#file-')
        ? {
            refusal:
              'Of this gist one file is meant. Press “Raw” above that file, and give the address it has.',
          }
        : `https://gist.githubusercontent.com/${owner}/${id}/raw`,
  },
  {
    // Its raw pages send no CORS headers, its API does (docs.gitlab.com/api/repository_files).
    page: /^gitlab\.com\/(.+?)\/-\/(?:blob|raw)\/([^/]+)\/(.+)$/,
    file: ([project, ref, path]) =>
      `https://gitlab.com/api/v4/projects/${encoded(project)}/repository/files/${encoded(path)}/raw?ref=${ref}`,
  },
  {
    page: /^huggingface\.co\/(datasets\/[^/]+\/[^/]+)\/(?:blob|resolve)\/(.+)$/,
    file: ([dataset, rest]) => `https://huggingface.co/${dataset}/resolve/${rest}`,
  },
  {
    // A sheet that “anyone with the link” may see; the tab of it that was open. Addresses that give a file already say more: a sheet
    // by its name, a range, a query.
    page: /^docs\.google\.com\/spreadsheets\/d\/([\w-]{20,})(?!\/(?:gviz\/tq|export|pub)$)(?:\/.*)?$/,
    file: ([id], { hash, searchParams }) => {
      const sheet = /gid=(\d+)/.exec(hash)?.[1] ?? searchParams.get('gid');
      return `https://docs.google.com/spreadsheets/d/${id}/export?format=csv${sheet === null ? '' : `&gid=${sheet}`}`;
    },
  },
  {
    // Files of its pages come without CORS headers, those of its API with them (github.com/zenodo/zenodo/issues/2593).
    page: /^zenodo\.org\/records?\/(\d+)\/(?:files|preview)\/([^/]+)$/,
    file: ([record, name]) => `https://zenodo.org/api/records/${record}/files/${name}/content`,
  },
  {
    page: /^(?:www\.)?dropbox\.com\/((?:s|scl\/fi)\/.+)$/,
    file: ([path], { searchParams }) => {
      const key = searchParams.get('rlkey');
      return `https://dl.dropboxusercontent.com/${path}${key === null ? '' : `?rlkey=${encodeURIComponent(key)}`}`;
    },
  },
  {
    page: /^(?:www\.)?kaggle\.com\/(?:datasets|competitions|c)\//,
    file: () => refused('Kaggle gives files only to those who are signed in there.'),
  },
  {
    page: /^drive\.google\.com\//,
    file: () => refused('Google Drive lets no page of another site read its files.'),
  },
  {
    page: /^(?:onedrive\.live\.com|1drv\.ms|[\w-]+\.sharepoint\.com)\//,
    file: () => refused('OneDrive and SharePoint let no page of another site read their files.'),
  },
];

const refused = (reason: string) => ({ refusal: `${reason} Download the file and choose it here.` });

/** A name of several parts as one, whether it was encoded before or not. */
const encoded = (text = ''): string => {
  try {
    return encodeURIComponent(decodeURIComponent(text));
  } catch {
    return encodeURIComponent(text);
  }
};

/** Stores whose objects are named otherwise than by https; a bucket's name is that of a host. */
const stores: Readonly<Record<string, (bucket: string, key: string) => string>> = {
  // A certificate for all buckets holds for names without dots.
  's3:': (bucket, key) =>
    bucket.includes('.')
      ? `https://s3.amazonaws.com/${bucket}/${key}`
      : `https://${bucket}.s3.amazonaws.com/${key}`,
  'gs:': (bucket, key) => `https://storage.googleapis.com/${bucket}/${key}`,
};

/** The address of the file itself; the same where the site is not known. Refused in a sentence. */
export function fileBehind(url: URL): Result<URL, string> {
  const store = stores[url.protocol];
  if (store !== undefined) {
    const key = url.pathname.replace(/^\/+/, '');
    return /^[a-z0-9][a-z0-9.-]+$/.test(url.hostname) && key !== ''
      ? ok(new URL(store(url.hostname, key)))
      : fail(`Give the bucket and the name of the file, as ${url.protocol}//bucket/folder/table.csv.`);
  }
  if (url.protocol !== 'https:') return ok(url);
  const page = `${url.hostname}${url.pathname}`;
  for (const site of sites) {
    const found = site.page.exec(page);
    if (found === null) continue;
    const file = site.file(found.slice(1), url);
    return typeof file === 'string' ? ok(new URL(file)) : fail(file.refusal);
  }
  return ok(url);
}
