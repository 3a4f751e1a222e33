/** Documents of the agenda: fetched with the join token of a site, and handed to the person as a file. */
import type { Document } from '$lib/wire';
import { saveFile } from './save';

/** A document is read within this time, or the person is told; ms. The largest takes nine minutes over 300 kbit/s. */
const DOWNLOAD_TIMEOUT_MS = 600_000;

/** Where a document of a conference is fetched. */
export const documentPath = (conference: string, document: string): string =>
  `/api/v1/conferences/${encodeURIComponent(conference)}/documents/${encodeURIComponent(document)}`;

/** Fetches a document and saves it; the HTTP status if the server refused, 0 if it was not reached, none if all went well. */
export async function saveDocument(
  conference: string,
  document: Document,
  token: string | null,
): Promise<number | null> {
  try {
    const answer = await fetch(documentPath(conference, document.id), {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
    });
    if (!answer.ok) return answer.status;
    saveFile(document.name, await answer.blob());
    return null;
  } catch {
    return 0;
  }
}
