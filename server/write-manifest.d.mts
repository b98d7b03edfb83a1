export const MANIFEST: string;
export function writeManifest(client: string, build: { version: string; sources: string }): void;
