#!/usr/bin/env node
// `npx tributary …`, `npm start`, `npm run demo`: builds if need be, then hands over to the command line in cli.ts.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale, root } from './build.mjs';

buildIfStale();
await import(pathToFileURL(join(root, 'build', 'server-programs', 'cli.js')).href);
