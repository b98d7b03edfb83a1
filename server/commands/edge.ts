// `tributary edge`: a server for devices of one's own, which together are one participant of a federation on another server.
import { InvalidArgumentError, type Command } from 'commander';
import { readConfiguration, settings } from '../configuration.ts';
import { runEdge } from '../edge/run-edge.ts';
import { federationOf, invitationOf, tagsOf, urlOf, wholeFrom } from '../arguments.ts';
import { endOnSignal, tellAddresses } from './start.ts';

interface Flags extends Record<string, unknown> {
  readonly upstream: string;
  readonly federation: ReturnType<typeof federationOf>;
  readonly rounds: number;
  readonly devices: number;
  readonly minimum: number;
  readonly wait: number;
  readonly name: string;
  readonly tags: string[];
  readonly invite?: string;
  readonly invitedOnly?: true;
}

const nameOf = (text: string): string => {
  const name = text.trim();
  if (name.length < 1 || name.length > 40) throw new InvalidArgumentError('A name of 1 to 40 characters.');
  return name;
};
/** Learned together means: by two at least. */
const LEAST = 2;

export function register(program: Command): void {
  const command = program
    .command('edge')
    .description(
      'run a server of one’s own under another: its devices learn together, and only that goes up, as one participant',
    )
    .requiredOption('--upstream <address>', 'the upper server, such as https://trial.example', urlOf)
    .requiredOption('--federation <id>', 'the federation there; here it has the same name', federationOf)
    .option(
      '--rounds <number>',
      'rounds among the devices here for one of the upper federation',
      wholeFrom(1),
      1,
    )
    .option('--devices <number>', 'devices that a round here is begun with at once', wholeFrom(LEAST), 10)
    .option(
      '--minimum <number>',
      'devices without which no round here makes a version, and nothing is sent',
      wholeFrom(LEAST),
      LEAST,
    )
    .option('--wait <seconds>', 'begin a round without the missing devices after this long', wholeFrom(1), 5)
    .option(
      '--name <words>',
      'who runs the edge: its devices read it, and so does the upper server',
      nameOf,
      'Edge',
    )
    .option('--tags <a,b>', 'labels at the upper server, for federations that ask for some', tagsOf, ['edge'])
    .option(
      '--invite <link>',
      'the invitation that you were sent, where the upper federation takes invited devices only',
      invitationOf,
    )
    .option('--invited-only', 'the devices here need an invitation, from the console of the edge');
  for (const { flag, variable, help } of Object.values(settings))
    command.option(flag, `${help} [env: ${variable}]`);
  command.addHelpText(
    'after',
    `
The edge asks its devices for what the upper federation asks for: the same data contract, model and training plan, and a
secure sum where that has one. Their rows stay with them, their updates with the edge. Before a person agrees, the page says
that what is learned here together is passed on, and to whom. Not under federations with privacy (noise), SCAFFOLD, FedNova,
q-FFL, parts of a model that are each device's own, models of exact sums, asynchronous rounds or local settings that rounds
try: the start says so. An upper server whose certificate was made by itself is trusted through NODE_EXTRA_CA_CERTS=cert.pem.

  npx tributary edge --upstream https://trial.example --federation heart --name "St Mary's" --data ./edge --port 3100`,
  );
  command.action(async (flags: Flags) => {
    if (flags.minimum > flags.devices)
      command.error(
        `tributary: --minimum ${flags.minimum} is above --devices ${flags.devices}: a round would begin before it has enough.`,
      );
    const configuration = readConfiguration(flags);
    const { server, close } = await runEdge({
      above: { url: new URL(flags.upstream).origin, federation: flags.federation },
      rules: {
        rounds: flags.rounds,
        devices: flags.devices,
        minimum: flags.minimum,
        waitMs: 1000 * flags.wait,
        invited: flags.invitedOnly === true,
        name: flags.name,
      },
      server: {
        ...configuration,
        onSignInUrl: (url) => console.log(`Sign in: ${url}   (the next link, good once)`),
      },
      tags: flags.tags,
      invitation: flags.invite ?? null,
      say: (line) => console.log(line),
    });
    tellAddresses(server);
    console.log(`Its devices join at ${server.url}/f/${flags.federation}`);
    endOnSignal(close);
  });
}
