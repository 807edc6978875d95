import type { JsonValue } from '../../base/json.ts';
import { readFields } from '../../oci/json-fields.ts';
import { wrongAnswer } from '../http/failure.ts';

/** What a token server gives. */
export interface TokenAnswer {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** What may be kept in place of the password. */
  readonly refreshToken?: string;
}

/** What the specification of Docker's token servers says where they do not. */
const defaultLife = 60;

/** @throws ServerFailure invalid `registry-answer-invalid` */
export function readTokenAnswer(value: JsonValue, host: string): TokenAnswer {
  const fields = readFields(value, `answer of the token server ${host}`, []);
  const token = fields.string('token') || fields.string('access_token') || '';
  if (!isHeaderSafe(token))
    throw wrongAnswer(`authorization server ${host} did not include a token in the response`);
  const refreshToken = fields.string('refresh_token') || undefined;
  return {
    token,
    expiresIn: fields.has('expires_in') ? (fields.size('expires_in') ?? defaultLife) : defaultLife,
    ...(refreshToken !== undefined && { refreshToken }),
  };
}

/** Whether it can stand in a header: nothing that could end one. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}
