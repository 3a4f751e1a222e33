import { afterEach, describe, expect, it, vi } from 'vitest';
import { saveDocument } from './documents';
import * as save from './save';

const DOCUMENT = { id: 'd/1', name: 'Chỉ thị.pdf', bytes: 3 };

describe('a document', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is fetched with the join token and saved under its name', async () => {
    const saved = vi.spyOn(save, 'saveFile').mockImplementation(() => {});
    const fetched = vi.fn(async () => new Response('pdf'));
    vi.stubGlobal('fetch', fetched);

    expect(await saveDocument('bau-cu-2021', DOCUMENT, 'the-token')).toBeNull();

    const [path, init] = fetched.mock.calls[0]! as unknown as [string, RequestInit];
    expect(path).toBe('/api/v1/conferences/bau-cu-2021/documents/d%2F1');
    expect(init.headers).toEqual({ authorization: 'Bearer the-token' });
    expect(saved).toHaveBeenCalledExactlyOnceWith('Chỉ thị.pdf', expect.any(Blob));
  });

  it('that is refused or does not come is not saved', async () => {
    const saved = vi.spyOn(save, 'saveFile').mockImplementation(() => {});
    vi.stubGlobal('fetch', async () => new Response('{}', { status: 404 }));
    expect(await saveDocument('c', DOCUMENT, null)).toBe(404);
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('no network');
    });
    expect(await saveDocument('c', DOCUMENT, null)).toBe(0);
    expect(saved).not.toHaveBeenCalled();
  });
});
