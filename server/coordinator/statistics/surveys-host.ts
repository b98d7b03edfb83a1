// What surveys need of their federation.
import { mayCharge } from '../run-privacy.ts';
import type { Federation } from '../federation.ts';
import type { SurveysHost } from './surveys.ts';

export function surveysHost(federation: Federation): SurveysHost {
  const { attendance, around, versions, ledger } = federation;
  const { clock, key, blobs, log } = around;
  return {
    clock,
    key,
    blobs,
    ledger,
    record: () => federation.record,
    version(version) {
      const found = version === undefined ? versions.head : versions.get(version);
      if (found === undefined) return `There is no version ${version}.`;
      const { version: number, digest, bytes } = found;
      return version !== undefined && versions.isDamaged(number)
        ? `Version ${number} is damaged on the server’s disk. Ask about another one.`
        : { version: number, digest, bytes };
    },
    deltasTo: (version) => versions.deltasTo(version),
    here: () => attendance.candidates().map(({ participant }) => participant),
    pendingOf: (participant) => {
      const { openRound, privacy } = federation;
      return privacy.type !== 'none' && openRound !== undefined && mayCharge(openRound, participant)
        ? [privacy]
        : [];
    },
    connectionOf: (participant) => attendance.connectionOf(participant),
    enqueue: (name, work) => federation.background(name, work),
    write: (changes) => federation.write(changes),
    entry: (type, payload) => federation.entry(type, payload),
    blamed: (participant) => federation.opening.blamed(participant),
    changed: () => federation.changed(),
    answered: (view) => versions.surveyed(view),
    ended: () => federation.background('go-on', () => federation.goOn()),
    warn: (message, about) => log.warn({ federation: federation.record.id, ...about }, message),
  };
}
