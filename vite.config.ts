// The app: pages and workers. server/ is built by vite.server.config.ts; in development the plugin below composes the
// same application on Vite's own HTTP server.
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';
import { sourcesDigest } from './server/build.mjs';
import { SOURCES_SHOWN } from './server/write-manifest.mjs';

const coordinator: Plugin = {
  name: 'tributary-coordinator',
  apply: 'serve',
  async configureServer(server) {
    if (process.env['VITEST'] !== undefined || server.httpServer === null) return;
    const { attachDevelopment } = (await server.ssrLoadModule('/server/development.ts')) as {
      attachDevelopment(httpServer: unknown, use: (handler: unknown) => void): Promise<void>;
    };
    await attachDevelopment(server.httpServer, (handler) => server.middlewares.use(handler as never));
  },
};

export default defineConfig({
  plugins: [coordinator, sveltekit()],
  worker: { format: 'es' },
  // Of which sources this is the build: manifests of runs say it.
  define: { __SOURCES__: JSON.stringify(sourcesDigest().slice(0, SOURCES_SHOWN)) },
  // Lists of what each part imports, to fetch ahead what its first file would name a moment later, are 2 kB gzipped on every page, and
  // most of what they name is there already. What a page itself needs, the server names in its head.
  build: { target: 'es2023', modulePreload: false },
  environments: {
    client: {
      build: {
        // One stylesheet, 11 kB gzipped for all pages: a page names it with its hash, and no script adds another one later.
        cssCodeSplit: false,
        rolldownOptions: {
          output: {
            // Every page names the hash of each chunk: their names are as short as they may be.
            entryFileNames: '_app/immutable/[name].[hash:7].js',
            chunkFileNames: '_app/immutable/chunks/[hash:7].js',
            assetFileNames: '_app/immutable/assets/[hash:7][extname]',
            // Small shared modules in a few chunks instead of forty: gzip finds more in common, and the join page stays in
            // its budget. What only one lazy part needs stays apart, and what the join page never asks for: requests and proofs.
            codeSplitting: {
              groups: [
                {
                  name: 'frame',
                  test: /node_modules\/(svelte|@sveltejs|esm-env|clsx|devalue)\//,
                  priority: 3,
                },
                {
                  name: 'controls',
                  test: /node_modules\/@lucide\/svelte\/dist\/(Icon|context|utils|icons\/(x|sun|moon|monitor)\.)|src\/lib\/components\/(AppHeader|Announcer|Button|Card|KeyValues|Pill|LaterPart|PartFailed|PrivacyLine|RingMark|SecureContextNotice|TableRegion|ThemeToggle)\.svelte|src\/lib\/state\/(announcements|federation-answers|federation-live|federation-progress|format|theme|visit)|src\/lib\/core\/(metrics\/metric-list|data\/example-words)/,
                  priority: 2,
                },
                {
                  name: 'shared',
                  test: /src\/lib\/(components\/(?!console|federation|charts|runs|workbench|label|explore|training|Checkbox)|state\/(?!console))/,
                  minShareCount: 6,
                  priority: 0,
                },
                {
                  name: 'icons',
                  test: /node_modules\/@lucide\/svelte\/dist\/icons\//,
                  minShareCount: 2,
                  priority: 1,
                },
                {
                  name: 'contracts',
                  test: /node_modules\/valibot\/|src\/lib\/(core\/(?!canonical|transparency\/|recipe\/(?!asked)|gates\/(judge|slices?-|unmeasured)|statistics\/(parts|columns)|metrics\/(figure|tally-sums|score-|quantile|wilson)|exploration\/number-summary)|protocol\/(?!http\.))/,
                  minShareCount: 5,
                  priority: 1,
                },
              ],
            },
          },
        },
      },
    },
  },
  server: { port: 3000, fs: { allow: ['server'] } },
});
