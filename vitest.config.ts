// Projects: `node` for everything that needs no browser, `node-apart` for what changes its process for good, `browser` for
// engines and stores in a real Chromium.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** These put other modules or globals in the place of what the process has: nothing of it may be there before or after. */
const apart = ['src', 'server', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('browser'))
    .map((name) => join(folder, name))
    .filter((file) => /\bvi\.(mock|doMock|stubGlobal|resetModules)\(/.test(readFileSync(file, 'utf8'))),
);

/** Minutes long, and one test: begun last it would have one core work while the other has nothing left. */
const LONGEST = /schedules\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification): boolean => LONGEST.test(moduleId);
    return [...sorted.filter(isLongest), ...sorted.filter((one) => !isLongest(one))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
          testTimeout: 240_000,
          // Files share a process and its modules, so that each is loaded once.
          isolate: false,
        },
      },
      {
        test: { name: 'node-apart', include: apart, environment: 'node', testTimeout: 240_000 },
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
