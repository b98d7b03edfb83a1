// The programs that Node runs: the server's composition root, the command line, a process of headless participants, a
// worker of a simulation.
// Dependencies stay outside the bundle.
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'build/server-programs',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rollupOptions: {
      input: {
        cli: 'server/cli.ts',
        'participant-process': 'server/participant-process.ts',
        'simulation-worker': 'server/simulation-worker.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
