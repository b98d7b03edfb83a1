// End to end: a person's errand, found by role and label, in a real browser against the real server.
import { defineConfig } from '@playwright/test';

export const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A camera that shows a moving picture, and a page that asks for it is given it.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const executablePath = process.env['CHROMIUM_PATH'];

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.e2e.ts',
  workers: 1,
  // What a busy machine delayed is tried once more, and named at the end by test/run.mjs; what is broken fails twice.
  retries: 1,
  timeout: 240_000,
  // Long enough for a machine that does much else beside; what is broken waits for it in vain.
  expect: { timeout: 40_000 },
  forbidOnly: true,
  use: {
    launchOptions: { args: chromiumArguments, ...(executablePath === undefined ? {} : { executablePath }) },
    actionTimeout: 30_000,
    trace: 'off',
  },
});
