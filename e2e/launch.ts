// How the tests start Chromium, for those that open profiles of their own.
import { chromiumArguments } from '../playwright.config.ts';

const executablePath = process.env['CHROMIUM_PATH'];

export const launch = {
  args: chromiumArguments,
  ...(executablePath === undefined ? {} : { executablePath }),
};
