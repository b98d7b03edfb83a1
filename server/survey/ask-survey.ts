// A survey asked by an API token: the question goes out once, and what came of it is waited for.
import * as v from 'valibot';
import { ask, complaint, createRequests, readView, type Requests } from '#lib/adapters/socketio/requests.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { hashingOfPinned } from '#lib/core/recipe/hashing-asked.ts';
import { checkQuestion, type Question } from '#lib/core/statistics/survey.ts';
import { groupColumns, questionOf, type Details, type Subject } from '#lib/core/statistics/usual-question.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { FederationView } from '#lib/protocol/views.ts';

/** Between two looks at a survey that is under way. */
const EVERY_MS = 500;

export interface Wish {
  readonly url: string;
  readonly federation: FederationId;
  readonly token: string;
  /** One of the usual questions, or one in full. */
  readonly question: ({ readonly subject: Subject } & Partial<Details>) | { readonly asked: Question };
}

export interface Asked {
  readonly survey: SurveyView;
  readonly view: FederationView;
}

/** Rejects where the server refuses, or nothing came of it. */
export async function askSurvey(wish: Wish): Promise<Asked> {
  const { requests, view, path } = await reach(wish);
  const { contract } = view.spec;
  const question = 'asked' in wish.question ? wish.question.asked : usual(wish.question, view);
  const wrong = checkQuestion(question, contract);
  if (wrong !== undefined) throw new Error(wrong);
  // Not repeated where the answer is lost: it may have been asked, and each is one of few.
  const response = await ask(requests, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  }).catch((cause: unknown) => {
    throw new Error(`The server at ${wish.url} did not answer. Look with --list whether it has asked.`, {
      cause,
    });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 401)
    throw new Error(
      'The server does not know this API token: it has ended, was taken back, or is another server’s.',
    );
  if (!response.ok) throw new Error(complaint(body, response.status));
  let survey = v.parse(SurveyView, body);
  while (survey.state === 'asking') {
    await requests.wait(EVERY_MS, undefined);
    const { survey: number } = survey;
    const found = (await surveysAt(requests, path)).find((one) => one.survey === number);
    if (found === undefined) throw new Error(`Survey ${number} is gone: the federation was deleted.`);
    survey = found;
  }
  return { survey, view };
}

/** All of a federation, newest first. */
export async function listSurveys(
  wish: Omit<Wish, 'question'>,
): Promise<{ readonly surveys: readonly SurveyView[]; readonly view: FederationView }> {
  const { requests, view, path } = await reach(wish);
  return { surveys: await surveysAt(requests, path), view };
}

async function reach({ url, federation, token }: Omit<Wish, 'question'>) {
  const requests = createRequests(url, {
    fetch: (address, init) =>
      fetch(address, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } }),
  });
  const view = await readView(requests, `/api/federations/${federation}`, FederationView);
  if (view === undefined) throw new Error(`There is no federation “${federation}” at ${url}.`);
  return { requests, view, path: `/api/federations/${federation}/surveys` };
}

const surveysAt = async (requests: Requests, path: string): Promise<readonly SurveyView[]> =>
  (await readView(requests, path, v.array(SurveyView))) ?? [];

function usual(
  { subject, version, column, crossed = [] }: Extract<Wish['question'], { subject: Subject }>,
  { spec, head }: FederationView,
): Question {
  if (subject === 'data' && version !== undefined)
    throw new Error('--version is for --about version and --about groups: the rows are of no version.');
  if (subject !== 'groups' && column !== undefined) throw new Error('--column is for --about groups.');
  if (subject !== 'slices' && crossed.length > 0) throw new Error('--cross is for --about slices.');
  if (crossed.length === 1)
    throw new Error(`--cross takes two columns and more, such as --cross ${crossed[0]},OTHER.`);
  const columns = groupColumns(spec.contract);
  if (subject === 'groups' && (column === undefined || !columns.includes(column)))
    throw new Error(
      columns.length === 0
        ? 'Groups are the categories of a column, and of classes: this federation has none.'
        : `--about groups needs --column: one of ${columns.join(', ')}.`,
    );
  return questionOf(subject, spec.contract, {
    version: version ?? head.version,
    column: column ?? '',
    crossed,
    isNoisy: spec.privacy.type !== 'none',
    hashing: hashingOfPinned(spec.recipe),
  });
}
