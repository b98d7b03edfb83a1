// A training step on the engines of a real Chromium against TensorFlow.js's own `model.fit` in the same page. Its graphics
// adapter is software: what WebGPU rows say of JavaScript holds anywhere, what they say of the device does not.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright';
import * as v from 'valibot';
import { build } from 'vite';
import { findChromium } from '../test/chromium.mjs';
import type { Row } from './row.ts';

const Rows = v.array(
  v.object({
    name: v.string(),
    value: v.number(),
    unit: v.string(),
    target: v.nullable(v.string()),
    ok: v.boolean(),
  }),
);
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export async function run(): Promise<Row[]> {
  const out = join(process.cwd(), 'build', 'bench-page');
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      rollupOptions: {
        input: join(process.cwd(), 'bench', 'training-step', 'page.ts'),
        output: { entryFileNames: 'page.js' },
      },
    },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>Benchmark</title><script type="module" src="/page.js"></script>');
      return;
    }
    readFile(join(out, path)).then(
      (bytes) => {
        response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const browser = await chromium.launch({
    executablePath: await findChromium(console.error),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
    ],
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`http://127.0.0.1:${address.port}/`);
    await page.waitForFunction('globalThis.rows !== undefined');
    return v.parse(Rows, await page.evaluate('globalThis.rows'));
  } finally {
    await browser.close();
    server.close();
  }
}
