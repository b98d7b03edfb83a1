// Refusals as MLflow's clients read them: {"error_code", "message"} (mlflow/exceptions.py; codes of databricks.proto).
import type { Reply } from '../http/reply.ts';
import { json } from '../http/reply.ts';

const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_LIMIT_EXCEEDED: 429,
  REQUEST_LIMIT_EXCEEDED: 429,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  TEMPORARILY_UNAVAILABLE: 503,
  INTERNAL_ERROR: 500,
} as const;
export type MlflowCode = keyof typeof STATUS;

export const mlflowRefusal = (code: MlflowCode, message: string): Reply =>
  json(STATUS[code], { error_code: code, message });

export const isMlflowPath = (path: string): boolean => /^\/api\/\d\.\d\/mlflow(-artifacts)?\//.test(path);

const codes: Readonly<Record<number, MlflowCode>> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'ENDPOINT_NOT_FOUND',
  405: 'ENDPOINT_NOT_FOUND',
  413: 'INVALID_PARAMETER_VALUE',
  422: 'INVALID_PARAMETER_VALUE',
  429: 'REQUEST_LIMIT_EXCEEDED',
  500: 'INTERNAL_ERROR',
  503: 'TEMPORARILY_UNAVAILABLE',
  507: 'RESOURCE_LIMIT_EXCEEDED',
};

/** What the rest of the server refuses (no token, a body that is no JSON, an address that there is not), in MLflow's form. */
export function inMlflowForm(reply: Reply): Reply {
  if (reply.status < 400 || typeof reply.body !== 'string') return reply;
  const told = JSON.parse(reply.body) as { error_code?: string; message?: string };
  if (told.error_code !== undefined) return reply;
  const code = codes[reply.status] ?? 'INTERNAL_ERROR';
  // Clients try again after a 429 or a 5xx; what was wrong stays wrong.
  const status = reply.status === 422 || reply.status === 413 ? 400 : reply.status;
  return { ...reply, status, body: JSON.stringify({ error_code: code, message: told.message ?? '' }) };
}
