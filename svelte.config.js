// SvelteKit: pages are rendered by adapter-node inside the process that server/main.ts composes.
// Inline scripts carry a hash, so that the content security policy can refuse every other script.
import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { sourcesDigest } from './server/build.mjs';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ out: 'build', precompress: true }),
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['none'],
        'script-src': ['self', 'wasm-unsafe-eval'],
        'worker-src': ['self'],
        'connect-src': ['self'],
        'img-src': ['self', 'data:', 'blob:'],
        'media-src': ['self', 'blob:'],
        // Svelte sets element styles through the CSSOM, which the policy does not reach; attributes in
        // server-rendered markup (bar widths) do need 'unsafe-inline'.
        'style-src': ['self', 'unsafe-inline'],
        'font-src': ['self'],
        'manifest-src': ['self'],
        'base-uri': ['none'],
        'form-action': ['self'],
        'frame-ancestors': ['none'],
        // No text becomes markup or the address of a script but by these: Svelte's templates, which are compiled into the app,
        // and the addresses of our own workers (src/lib/workers/worker-addresses.ts).
        'require-trusted-types-for': ['script'],
        'trusted-types': ['svelte-trusted-html', 'default'],
      },
    },
    // The server checks the Origin of every state-changing request itself (server/http).
    csrf: { trustedOrigins: [] },
    // By what it is made of, not by when: the same sources make the same bytes (server/write-manifest.mjs).
    version: { name: sourcesDigest().slice(0, 16), pollInterval: 0 },
  },
};
