// What surveys suggest about a federation's data contract, in a terminal: the proposals, or the contract with some of them.
import * as v from 'valibot';
import { FederationContract, type DataContract } from '#lib/core/data/contract.ts';
import { contractProposals, withProposals, type Proposals } from '#lib/core/statistics/contract-proposals.ts';
import { tellsOfRows } from '#lib/core/statistics/usual-question.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';

const NOTHING = 'Nothing is proposed: as far as the figures tell, the contract fits the data.';

/** `which`: list, all, or numbers as 1,3. `note`: told a person beside what is printed. Throws where it cannot be done, with what to do. */
export function* suggestedContract(
  which: string,
  surveys: readonly SurveyView[],
  contract: DataContract,
  asJson: boolean,
  note: (sentence: string) => void,
): Iterable<string> {
  if (contract.kind !== 'table')
    throw new Error('--contract: columns are proposed, and this federation takes no table.');
  // The newest first.
  const ofRows = surveys.find(({ figures }) => tellsOfRows(figures));
  const ofRules = surveys.find(({ figures }) =>
    figures?.some(({ statistic }) => statistic === 'contract-rules'),
  );
  const told = [...new Set([ofRows, ofRules])].filter((one) => one !== undefined);
  if (told.length === 0)
    throw new Error(
      '--contract: no survey about the rows or the rules was answered. Ask one first, with --about data or --about rules.',
    );
  const each = told.map(({ figures, deviations, devices }): Proposals =>
    contractProposals(contract, { figures: figures ?? [], deviations, devices }),
  );
  const proposals = each.flatMap((one) => one.proposals);
  if (which !== 'list') {
    const taken =
      which === 'all'
        ? proposals.filter(({ kind }) => kind !== 'units')
        : numbersOf(which, proposals.length).map((at) => proposals[at]!);
    // Whoever holds the rows is to be asked first: the smaller clump would be refused.
    if (which === 'all')
      for (const [at, { kind, column }] of proposals.entries())
        if (kind === 'units')
          note(
            `Proposal ${at + 1} is left out: ${column} may be of two units. Ask whoever holds the data, then take it by its number.`,
          );
    const read = v.safeParse(FederationContract, withProposals(contract, taken));
    if (!read.success)
      throw new Error(`--contract: with these it is no data contract: ${v.summarize(read.issues)}`);
    yield JSON.stringify(read.output);
    return;
  }
  const silent = each.flatMap((one) => one.silent);
  if (asJson) {
    yield JSON.stringify({ proposals, silent });
    return;
  }
  if (proposals.length === 0) yield NOTHING;
  for (const [at, { column, before, after, reason }] of proposals.entries()) {
    yield `${at + 1}. ${column}: ${before} → ${after}`;
    yield `   ${reason}`;
  }
  for (const sentence of silent) yield `-  ${sentence}`;
}

function numbersOf(which: string, most: number): number[] {
  const numbers = which.split(',').map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) - 1 : NaN));
  if (most === 0 && numbers.every((at) => at >= 0)) throw new Error(`--contract: ${NOTHING}`);
  if (numbers.every((at) => at >= 0 && at < most)) return numbers;
  throw new Error(
    `--contract takes list, all, or numbers${most === 0 ? '' : ` from 1 to ${most}`} such as 1,3.`,
  );
}
