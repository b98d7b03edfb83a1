// `tributary survey`: asks all devices of a federation for sums over their rows, and prints the figures.
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import * as v from 'valibot';
import { FederationId, VersionNumber } from '#lib/core/ids.ts';
import { Question } from '#lib/core/statistics/survey.ts';
import { subjects, type Subject } from '#lib/core/statistics/usual-question.ts';
import type { FederationView } from '#lib/protocol/views.ts';
import { readToken, TOKEN_VARIABLE } from '../configuration.ts';
import { oneOf } from '../simulate/flags.ts';
import { askSurvey, listSurveys, type Wish } from '../survey/ask-survey.ts';
import { fittedRecipe, USUAL } from '../survey/fit-recipe.ts';
import { suggestedContract } from '../survey/suggest-contract.ts';
import { spokenSurvey } from '../survey/spoken-survey.ts';

interface Flags {
  readonly url: string;
  readonly federation: string;
  readonly about: Subject;
  readonly version?: VersionNumber;
  readonly column?: string;
  readonly cross?: readonly string[];
  readonly question?: string;
  readonly recipe?: string;
  readonly contract?: string;
  readonly list?: true;
  readonly json?: true;
}

const versionOf = (text: string): VersionNumber => {
  const read = v.safeParse(VersionNumber, /^\d+$/.test(text) ? Number(text) : undefined);
  if (read.success) return read.output;
  throw new InvalidArgumentError('The number of a version.');
};

export function register(program: Command): void {
  program
    .command('survey')
    .description('ask all devices for sums over their rows, of which the server reads the total alone')
    .requiredOption('--url <address>', 'the server, such as http://localhost:3000')
    .requiredOption('--federation <id>', 'the federation')
    .option(
      '--about <subject>',
      'data: how rows are distributed; rules: how well files kept the contract; version: what one does on held-out rows; groups: the same by the categories of a column; slices: where it does worse; importance: which columns it leans on',
      oneOf(...subjects),
      'data',
    )
    .option(
      '--version <number>',
      'version, groups, slices, importance: which one; the newest where left out',
      versionOf,
    )
    .option('--column <name>', 'groups: whose categories')
    .option(
      '--cross <columns>',
      'slices: columns, such as age,sex, of whose parts every pair is looked at too; more columns, more noise',
      (text) => text.split(',').map((one) => one.trim()),
    )
    .option('--question <file>', 'instead of --about: the statistics as JSON, as the API takes them')
    .option(
      '--recipe <file>',
      'of a table: fits these steps (JSON as tributary data --recipe prints it, or usual) to the newest survey about the rows, asks nothing, and prints the recipe that devices would share',
    )
    .option(
      '--contract <which>',
      'of a table: what the newest surveys about the rows and the rules suggest about the data contract, asking nothing; list prints the proposals, and numbers such as 1,3, or all but those of two units, the contract with these taken',
    )
    .option('--list', 'ask nothing: print the surveys there were, newest first')
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
${TOKEN_VARIABLE} holds an API token of a coordinator, made in the console under People. At least five devices must be here. Each survey is
one of those that the federation promises at most, and under privacy a release. Exit status: 0 where it was answered.

Examples:
  ${TOKEN_VARIABLE}=… tributary survey --url https://your.server --federation heart
  ${TOKEN_VARIABLE}=… tributary survey --url https://your.server --federation heart --about groups --column sex --json
  ${TOKEN_VARIABLE}=… tributary survey --url https://your.server --federation heart --about slices --cross age,sex
  ${TOKEN_VARIABLE}=… tributary survey --url https://your.server --federation heart --recipe usual > recipe.json    # for the form, or simulate --recipe
  ${TOKEN_VARIABLE}=… tributary survey --url https://your.server --federation heart --contract list`,
    )
    .action(async (flags: Flags) => {
      const reach = {
        url: flags.url,
        federation: v.parse(FederationId, flags.federation),
        token: readToken(),
      };
      if (flags.recipe !== undefined) {
        const { surveys, view } = await listSurveys(reach);
        const { recipe } = flags;
        const steps = recipe === USUAL ? USUAL : await readFile(recipe, 'utf8');
        console.log(JSON.stringify(fittedRecipe(steps, recipe, surveys, view.spec.contract)));
        return;
      }
      if (flags.contract !== undefined) {
        const { surveys, view } = await listSurveys(reach);
        const asJson = flags.json === true;
        print(suggestedContract(flags.contract, surveys, view.spec.contract, asJson, console.error));
        return;
      }
      if (flags.list === true) {
        const { surveys, view } = await listSurveys(reach);
        if (flags.json === true) console.log(JSON.stringify(surveys));
        else for (const survey of surveys) print(spokenSurvey(survey, view.spec.contract, deltaOf(view)));
        return;
      }
      const { survey, view } = await askSurvey({ ...reach, question: await wanted(flags) });
      if (flags.json === true) console.log(JSON.stringify(survey));
      else print(spokenSurvey(survey, view.spec.contract, deltaOf(view)));
      if (survey.state !== 'answered') process.exitCode = 1;
    });
}

async function wanted({ about, version, column, cross, question }: Flags): Promise<Wish['question']> {
  if (question === undefined)
    return {
      subject: about,
      ...(version === undefined ? {} : { version }),
      ...(column === undefined ? {} : { column }),
      ...(cross === undefined ? {} : { crossed: cross }),
    };
  const read = v.safeParse(Question, jsonOf(await readFile(question, 'utf8')));
  if (read.success) return { asked: read.output };
  throw new Error(`${question} holds no question: ${v.summarize(read.issues)}`);
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const deltaOf = ({ spec: { privacy } }: FederationView): number | null =>
  privacy.type === 'none' ? null : privacy.delta;

function print(lines: Iterable<string>): void {
  for (const line of lines) console.log(line);
}
