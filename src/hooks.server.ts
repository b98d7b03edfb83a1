// Every page gets the Application that the process has composed, the coordinator's standing, and the security headers that
// SvelteKit's own policy does not set.
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { publishedApplication, SESSION_COOKIE } from '../server/application.ts';

export const handle: Handle = async ({ event, resolve }) => {
  const application = publishedApplication();
  Object.assign(event.locals, {
    application,
    isCoordinator: application.isCoordinator(event.cookies.get(SESSION_COOKIE)),
  });
  const response = await resolve(event);
  // Isolation gives the WASM back end threads; everything we serve is our own, so require-corp costs nothing.
  response.headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  response.headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  response.headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  response.headers.set('X-Content-Type-Options', 'nosniff');
  response.headers.set('Referrer-Policy', 'no-referrer');
  response.headers.set('Permissions-Policy', 'camera=(self), microphone=(), geolocation=()');
  return response;
};

export const handleError: HandleServerError = ({ error, event, status }) => {
  const id = crypto.randomUUID().slice(0, 8);
  if (status !== 404) console.error(`Error ${id} at ${event.url.pathname}:`, error);
  return { message: status === 404 ? 'There is no such page.' : 'The page could not be made.', id };
};
