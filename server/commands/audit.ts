// `tributary audit`: whether anything that a server keeps was altered since it was written, without the server.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readHead } from '#lib/core/transparency/read-head.ts';
import { readConfiguration, settings } from '../configuration.ts';
import { audit, type AuditReport } from '../audit/audit.ts';
import { findingLine } from '../audit/findings.ts';

interface Flags {
  readonly data?: string;
  readonly head?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('audit')
    .description('check everything that a server keeps: journals, versions, signatures, bytes')
    .option(settings.data.flag, `${settings.data.help} [env: ${settings.data.variable}]`)
    .option(
      '--head <file>',
      'hold the log to a head that was kept elsewhere: a receipt with its proof, or receipts, as JSON',
    )
    .option('--json', 'one line of JSON')
    .addHelpText('after', '\nExit status: 0 where all is as it was written, 1 where something is not.')
    .action(async ({ json, head, ...given }: Flags) => {
      const kept = head === undefined ? undefined : readHead(await readFile(head, 'utf8'));
      if (kept?.ok === false) throw new Error(`${head}: ${kept.error}`);
      const report = await audit(readConfiguration(given).data, { head: kept?.value });
      if (json === true) console.log(JSON.stringify(report));
      else for (const line of spoken(report)) console.log(line);
      if (report.findings.length > 0) process.exitCode = 1;
    });
}

function* spoken({ key, federations, deleted, acts, findings }: AuditReport): Iterable<string> {
  yield key === null ? 'The server’s key is not in the directory.' : `Key of the server: ${key}`;
  for (const { federation, lines, rows, unnamed, versions, leaves } of federations) {
    const old = unnamed === 0 ? '' : ` (${unnamed} older than the journal’s naming of rows, not checked)`;
    yield `${federation}: ${versions} versions, ${leaves} in the log, ${lines} lines of the journal, ${rows} rows${old}`;
  }
  for (const { federation, lines, releases, participants } of deleted) {
    const charged = releases === 0 ? '' : `, ${releases} releases charged to ${participants} participants`;
    yield `${federation}: deleted; ${lines} lines of its journal stay${charged}`;
  }
  yield `${acts} ${acts === 1 ? 'act' : 'acts'} of coordinators`;
  for (const finding of findings) yield `ALTERED ${findingLine(finding)}`;
  yield findings.length === 0
    ? 'Everything is as it was written.'
    : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}: what is named above is not as it was written.`;
}
