// Finds a Chromium for the browser tests, or installs one, and says what it did.
//   CHROMIUM_PATH → an installed headless shell (a sixth less of the processor than a whole browser without a window) → its
//   package, where a container can install it → an installed chromium or chrome → Playwright's own → playwright install → the
//   package of the whole browser.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const SHELL = 'chromium-headless-shell';
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The first of these programs that lies in PATH or at one of the places. */
function installed(programs = names, elsewhere = places) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [
    ...folders.flatMap((folder) => programs.map((name) => join(folder, name))),
    ...elsewhere,
  ];
  return candidates.find((path) => existsSync(path));
}

async function playwrightsOwn() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

const succeeds = (command, args, timeout) =>
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout }).status === 0;

const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** Whether the distribution's package of this name is there now; a list that is old may do. */
function installs(name) {
  succeeds('apt-get', ['update', '-qq'], 300_000);
  return succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], 900_000);
}

function headlessShell(say) {
  const present = installed([SHELL], []);
  if (present !== undefined || !mayInstall) return present;
  say(`Trying the distribution's package: apt-get install ${SHELL}`);
  return installs(SHELL) ? installed([SHELL], []) : undefined;
}

export async function findChromium(say = console.log) {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`CHROMIUM_PATH names ${given}, and there is no such file.`);
    return given;
  }
  const present = headlessShell(say) ?? installed() ?? (await playwrightsOwn());
  if (present !== undefined) return present;

  say('No Chromium found. Trying: playwright install chromium');
  if (succeeds('npx', ['playwright', 'install', 'chromium'], 300_000)) {
    const own = await playwrightsOwn();
    if (own !== undefined) {
      say(`Installed Playwright's Chromium: ${own}`);
      return own;
    }
  }
  if (mayInstall) {
    say("Playwright's Chromium cannot be had. Trying the distribution's package: apt-get install chromium");
    const packaged = installs('chromium') ? installed() : undefined;
    if (packaged !== undefined) {
      say(`Installed ${packaged}`);
      return packaged;
    }
  }
  throw new Error(
    'The browser tests need Chromium, and none could be found or installed. Install Chromium or Chrome, or set CHROMIUM_PATH to its program.',
  );
}
