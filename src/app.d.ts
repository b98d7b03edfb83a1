import type { Application } from '../server/application.ts';

declare global {
  namespace App {
    interface Locals {
      readonly application: Application;
      readonly isCoordinator: boolean;
    }
    interface Error {
      message: string;
      /** Shown to the person, and in the server's log: "Error id 3f2a…" */
      id?: string;
    }
  }
}

export {};
