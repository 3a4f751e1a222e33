/** Files for the server, with their progress, which `fetch` does not tell. */
import type { Document, Problem } from '$lib/wire';
import type { HttpResult } from './http';

/** An upload under way. */
export type Upload = {
  done: Promise<HttpResult<Document>>;
  /** Gives it up. */
  stop: () => void;
};

/** Sends a file as a document of a conference. `progress` is told the share that is sent, 0 to 1. */
export function uploadDocument(conference: string, file: File, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const path = `/api/v1/conferences/${encodeURIComponent(conference)}/documents?name=${encodeURIComponent(file.name.trim())}`;
  const done = new Promise<HttpResult<Document>>((resolve) => {
    request.open('POST', path);
    request.responseType = 'json';
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => resolve(answerOf(request));
    const failed = () => resolve({ ok: false, failure: { status: 0, detail: '' } });
    request.onerror = failed;
    request.onabort = failed;
    request.send(file);
  });
  return { done, stop: () => request.abort() };
}

function answerOf(request: XMLHttpRequest): HttpResult<Document> {
  const body = request.response as Document | Problem | null;
  if (request.status >= 200 && request.status < 300 && body) return { ok: true, value: body as Document };
  const detail = (body as Problem | null)?.detail ?? request.statusText;
  return { ok: false, failure: { status: request.status, detail } };
}
