// The app: pages and workers. server/ is built by vite.server.config.ts; in development the plugin below composes the
// same application on Vite's own HTTP server.
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';

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
  build: { target: 'es2023' },
  server: { port: 3000, fs: { allow: ['server'] } },
});
