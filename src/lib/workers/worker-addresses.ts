// Under Trusted Types (svelte.config.js) no text becomes the address of a script unless a policy lets it through. This one lets
// through the app's own workers and nothing else: it is the default one, because the build finds a worker's sources only where
// `new Worker(new URL(…))` stands in just these words.

interface TrustedTypes {
  readonly defaultPolicy: object | null;
  createPolicy(name: string, rules: { createScriptURL(address: string): string | null }): object;
}
declare global {
  /** https://www.w3.org/TR/trusted-types; undefined where the browser has none, or the page is not held to them. */
  var trustedTypes: TrustedTypes | undefined;
}

/** @param page its origin */
export const isOwnWorker = (address: string, page: string): boolean => {
  const { origin, pathname } = new URL(address, page);
  // In development a worker's script lies where its sources do.
  return origin === page && (import.meta.env.DEV || pathname.startsWith('/_app/immutable/workers/'));
};

/** Called before a worker is started. */
export function allowOwnWorkers(): void {
  const types = globalThis.trustedTypes;
  if (types === undefined || types.defaultPolicy !== null) return;
  types.createPolicy('default', {
    createScriptURL: (address) => (isOwnWorker(address, location.origin) ? address : null),
  });
}
