// What whoever is signed in may do in the console, as the server would answer (server/http/api.ts): what would be refused is not
// offered, and why is said before it is tried.
import { createContext } from 'svelte';
import { permissionsOf, type Role } from '#lib/protocol/people.ts';

export interface ConsolePerson {
  /** Why this person may not run federations; undefined: it may. */
  readonly mayNotAct: string | undefined;
}

export const mayNotAct = (role: Role): string | undefined =>
  permissionsOf[role].includes('act')
    ? undefined
    : `As a ${role} you look, and change nothing. An owner of this server can make you a coordinator.`;

export const [useConsolePerson, provideConsolePerson] = createContext<ConsolePerson>();
