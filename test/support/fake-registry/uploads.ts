import { randomUUID } from 'node:crypto';
import { digestOf } from '../../../src/oci/digest.ts';
import type { RegistryContent } from './content.ts';
import { type Answer, ConnectionCut, type Exchange, failure } from './exchange.ts';

export interface UploadOptions {
  /** Whether blobs of other repositories are mounted; else an upload is begun, as the specification allows. */
  readonly mounts?: boolean;
  /** After a connection was cut: go on from the bytes that arrived, or not know the upload (docker-registry 2.8). */
  readonly afterCut?: 'resume' | 'forget';
  /** Whether `POST …?digest=` with the whole body is done in one, or answered 202 like any other POST. */
  readonly monolithicPost?: boolean;
  /** Location headers that are absolute URLs and carry a state in their query. */
  readonly absoluteLocations?: boolean;
}

export interface Uploads {
  answer(exchange: Exchange, path: string, id: string): Promise<Answer>;
  /** Sessions that were begun and neither finished nor cancelled. */
  readonly open: number;
}

interface Session {
  bytes: Buffer;
  wasCut: boolean;
}

/** Upload sessions (OCI Distribution Specification, "Pushing Blobs"). */
export function createUploads(
  content: RegistryContent,
  options: UploadOptions,
  mayRead: (exchange: Exchange, path: string) => boolean,
): Uploads {
  const sessions = new Map<string, Session>();

  const location = ({ request }: Exchange, path: string, id: string): string =>
    options.absoluteLocations === true
      ? `http://${request.headers.host}/v2/${path}/blobs/uploads/${id}?_state=abc%3D`
      : `/v2/${path}/blobs/uploads/${id}`;

  const accepted = (exchange: Exchange, path: string, id: string, status: number): Answer => {
    const size = sessions.get(id)?.bytes.byteLength ?? 0;
    return {
      status,
      headers: {
        location: location(exchange, path, id),
        range: `0-${Math.max(0, size - 1)}`,
        'docker-upload-uuid': id,
      },
    };
  };

  const finish = (path: string, bytes: Buffer, digest: string): Answer => {
    if (digestOf(bytes) !== digest) {
      return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    }
    content.putBlob(path, bytes);
    return created(path, digest);
  };

  const begin = async (exchange: Exchange, path: string): Promise<Answer> => {
    const { query } = exchange.record;
    const mount = query.get('mount');
    const from = query.get('from');
    if (mount !== null && from !== null && options.mounts !== false && mayRead(exchange, from)) {
      const bytes = content.repositories.get(from)?.blobs.get(mount);
      if (bytes !== undefined) {
        content.putBlob(path, bytes);
        return created(path, mount);
      }
    }
    const digest = query.get('digest');
    const session: Session = { bytes: Buffer.alloc(0), wasCut: false };
    if (digest !== null && options.monolithicPost === true) {
      await receive(exchange, session);
      return finish(path, session.bytes, digest);
    }
    const id = randomUUID();
    sessions.set(id, session);
    return accepted(exchange, path, id, 202);
  };

  return {
    get open() {
      return sessions.size;
    },
    async answer(exchange, path, id) {
      const { method, query } = exchange.record;
      if (method === 'POST' && id === '') return await begin(exchange, path);
      const session = sessions.get(id);
      if (session === undefined || (session.wasCut && options.afterCut === 'forget')) {
        return failure(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
      }
      switch (method) {
        case 'GET':
          return accepted(exchange, path, id, 204);
        case 'DELETE':
          sessions.delete(id);
          return { status: 204 };
        case 'PATCH': {
          const range = /^(\d+)-(\d+)$/.exec(exchange.request.headers['content-range'] ?? '');
          if (range !== null && Number(range[1]) !== session.bytes.byteLength) {
            return accepted(exchange, path, id, 416);
          }
          await receive(exchange, session);
          return accepted(exchange, path, id, 202);
        }
        case 'PUT': {
          await receive(exchange, session);
          const answer = finish(path, session.bytes, query.get('digest') ?? '');
          sessions.delete(id);
          return answer;
        }
        default:
          return { status: 405 };
      }
    },
  };
}

function created(path: string, digest: string): Answer {
  return {
    status: 201,
    headers: { location: `/v2/${path}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}

/** What arrives is kept even where the connection is cut. */
async function receive({ request, fault }: Exchange, session: Session): Promise<void> {
  const pieces: Buffer[] = [session.bytes];
  let left = fault.cutUploadAfter ?? Infinity;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece.subarray(0, left));
      left -= piece.byteLength;
      if (left <= 0) throw new ConnectionCut();
    }
  } catch (error) {
    session.wasCut = true;
    throw error;
  } finally {
    session.bytes = Buffer.concat(pieces);
  }
}
