export const MANIFEST: string;
export const SOURCES_SHOWN: number;
export function writeManifest(client: string, build: { version: string; sources: string }): void;
