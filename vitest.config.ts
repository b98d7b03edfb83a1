// Projects: `node` for everything that needs no browser, `node-apart` for what changes its process for good, `browser` for
// engines and stores in a real Chromium.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** These leave a module of another package behind that took the process for a page. */
const apart = ['src/lib/adapters/jax/trainer.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        // Compiles the runes of *.svelte.ts, so that screen state is tested without a DOM.
        plugins: [svelte()],
        test: {
          name: 'node',
          include: [
            'src/**/*.test.ts',
            'server/**/*.test.ts',
            'test/{contract,golden,simulation,repository,support,processes}/**/*.test.ts',
          ],
          exclude: apart,
          environment: 'node',
          testTimeout: 60_000,
          // Files share a process, so that packages are loaded once.
          isolate: false,
        },
      },
      {
        test: { name: 'node-apart', include: apart, environment: 'node', testTimeout: 60_000 },
      },
      {
        optimizeDeps: { entries: ['test/browser/**/*.ts'] },
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 180_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: chromiumArguments,
                ...(process.env['CHROMIUM_PATH'] === undefined
                  ? {}
                  : { executablePath: process.env['CHROMIUM_PATH'] }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
