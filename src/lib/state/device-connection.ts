import type { DevicePort } from './device-state.svelte.ts';
export const connectDevice = (): Promise<DevicePort> => Promise.reject(new Error('not yet'));
