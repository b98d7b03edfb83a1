// Finds a Chromium for the browser tests, or installs one, and says what it did.
//   CHROMIUM_PATH → an installed chromium or chrome → Playwright's own → playwright install → the distribution's package.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function installed() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...places];
  return candidates.find((path) => existsSync(path));
}

async function playwrightsOwn() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

const succeeds = (command, args, timeout) =>
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout }).status === 0;

export async function findChromium(say = console.log) {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`CHROMIUM_PATH names ${given}, and there is no such file.`);
    return given;
  }
  const present = installed() ?? (await playwrightsOwn());
  if (present !== undefined) return present;

  say('No Chromium found. Trying: playwright install chromium');
  if (succeeds('npx', ['playwright', 'install', 'chromium'], 300_000)) {
    const own = await playwrightsOwn();
    if (own !== undefined) {
      say(`Installed Playwright's Chromium: ${own}`);
      return own;
    }
  }
  const mayInstall =
    process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (mayInstall) {
    say("Playwright's Chromium cannot be had. Trying the distribution's package: apt-get install chromium");
    succeeds('apt-get', ['update', '-qq'], 300_000);
    succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], 900_000);
    const packaged = installed();
    if (packaged !== undefined) {
      say(`Installed ${packaged}`);
      return packaged;
    }
  }
  throw new Error(
    'The browser tests need Chromium, and none could be found or installed. Install Chromium or Chrome, or set CHROMIUM_PATH to its program.',
  );
}
