// Every page gets the Application that the process has composed, and who asks, where somebody is signed in. Security headers are the
// server's (server/pages.ts): files need them as much as pages.
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { publishedApplication, SESSION_COOKIE } from '../server/application.ts';

export const handle: Handle = async ({ event, resolve }) => {
  const application = publishedApplication();
  Object.assign(event.locals, {
    application,
    person: application.person(event.cookies.get(SESSION_COOKIE)) ?? null,
  });
  const { integrity } = application;
  if (integrity === undefined) return resolve(event);
  const modules: string[] = [];
  const response = await resolve(event, {
    // A header cannot say which bytes are meant: they are named in the page, with their hashes.
    preload({ type, path }) {
      if (type === 'js') modules.push(path);
      return false;
    },
    transformPageChunk: ({ html }) => integrity.page(html, modules),
  });
  integrity.hold(response.headers);
  return response;
};

export const handleError: HandleServerError = ({ error, event, status }) => {
  const id = crypto.randomUUID().slice(0, 8);
  if (status !== 404) console.error(`Error ${id} at ${event.url.pathname}:`, error);
  return { message: status === 404 ? 'There is no such page.' : 'The page could not be made.', id };
};
