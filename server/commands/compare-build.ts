// `tributary compare-build`: whether a running server hands out the pages of the sources that lie here.
import type { Command } from 'commander';
import { compareBuild, type Comparison } from '../compare-build.ts';
import { readBuildManifest } from '../page-integrity.ts';

export function register(program: Command): void {
  program
    .command('compare-build')
    .description('compare what a running server hands out with a build of the sources here, file by file')
    .argument('<url>', 'address of the server, as https://tributary.example')
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      '\nBuild the sources that you trust first (npm ci && npm run build). A server with a certificate of its own is asked with' +
        '\nNODE_EXTRA_CA_CERTS=data/tls/cert.pem. Exit status: 0 where all is the same, 1 where something is not.',
    )
    .action(async (url: string, { json }: { readonly json?: true }) => {
      const own = readBuildManifest();
      const compared = await compareBuild(own, url);
      if (!compared.ok) throw new Error(compared.error);
      if (json === true) console.log(JSON.stringify({ sources: own.sources, ...compared.value }));
      else for (const line of spoken(own.sources, compared.value)) console.log(line);
      if (compared.value.differences.length > 0) process.exitCode = 1;
    });
}

function* spoken(sources: string, { files, isSameSources, differences }: Comparison): Iterable<string> {
  yield `Sources of this build: ${sources}${isSameSources ? ', as the server says of its own' : '; the server names others'}`;
  for (const { path, problem } of differences) yield `DIFFERS ${path}: ${problem}`;
  yield differences.length === 0
    ? `All ${files} files are the same, byte for byte.`
    : `${differences.length} of ${files} files differ: this server does not hand out this build.`;
}
