import type { Role } from '#lib/protocol/people.ts';
import type { Application } from '../server/application.ts';

declare global {
  /** The first digits of the digest over all sources of the build (vite.config.ts). */
  const __SOURCES__: string;

  namespace App {
    interface Locals {
      readonly application: Application;
      /** Who is signed in to the console. */
      readonly person: { readonly name: string; readonly role: Role } | null;
    }
    interface Error {
      message: string;
      /** Shown to the person, and in the server's log: "Error id 3f2a…" */
      id?: string;
    }
  }
}

export {};
