export const root: string;
export function sourcesDigest(): string;
export function isBuilt(): boolean;
export function buildIfStale(say?: (line: string) => void): void;
