import { forget, recall } from '$lib/link/storage';
import type { Delegate } from '$lib/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import { DelegatesDraft } from './draft.svelte';
import { MAX_DELEGATES } from './list';

const delegate = (name: string, present = false): Delegate => ({ name, title: '', organisation: '', present });
const names = (draft: DelegatesDraft) => draft.list.map((one) => one.name);
const KEY = 'delegates.test';

describe('a list of delegates that is worked on', () => {
  beforeEach(() => forget(KEY));

  it('follows the server while nothing was written', () => {
    const draft = new DelegatesDraft(KEY, []);
    draft.handleServer([delegate('An')]);
    expect(names(draft)).toEqual(['An']);
    expect(draft.dirty).toBe(false);
    expect(draft.conflict).toBe(false);
  });

  it('is never taken away by what the server says, which is told instead', () => {
    const draft = new DelegatesDraft(KEY, [delegate('An')]);
    draft.add(delegate('Bình'));
    draft.handleServer([delegate('An')]);
    expect(draft.conflict).toBe(false);
    draft.handleServer([delegate('An'), delegate('Cường')]);
    expect(names(draft)).toEqual(['An', 'Bình']);
    expect(draft.conflict).toBe(true);
    draft.discard();
    expect(names(draft)).toEqual(['An', 'Cường']);
    expect(draft).toMatchObject({ conflict: false, dirty: false });
  });

  it('is no conflict when the server has just what was written', () => {
    const draft = new DelegatesDraft(KEY, []);
    draft.add(delegate('An'));
    draft.handleServer([delegate('An')]);
    expect(draft).toMatchObject({ conflict: false, dirty: false });
  });

  it('stays unsaved in what was written after it was sent', () => {
    const draft = new DelegatesDraft(KEY, []);
    draft.add(delegate('An'));
    const sent = draft.list;
    draft.add(delegate('Bình'));
    draft.handleSaved(sent);
    expect(draft.dirty).toBe(true);
    draft.handleSaved(draft.list);
    expect(draft.dirty).toBe(false);
  });

  it('survives a reload until it is saved or given up', () => {
    new DelegatesDraft(KEY, [delegate('An')]).add(delegate('Bình'));
    const again = new DelegatesDraft(KEY, [delegate('An')]);
    expect(names(again)).toEqual(['An', 'Bình']);
    again.handleSaved(again.list);
    expect(recall(KEY)).toBeNull();
    again.change(again.rows[0]!.id, { name: 'Anh' });
    expect(recall(KEY)).toContain('Anh');
    again.discard();
    expect(recall(KEY)).toBeNull();
  });

  it('has room for a hundred, and says how many found none', () => {
    const draft = new DelegatesDraft(KEY, [delegate('An')]);
    draft.add();
    const many = Array.from({ length: MAX_DELEGATES }, (_, index) => delegate(`Đại biểu ${index}`));
    expect(draft.addAll(many)).toBe(1);
    expect(draft.count).toBe(MAX_DELEGATES);
    expect(draft.add()).toBe(false);
    expect(draft.faults).toEqual([]);
  });

  it('marks everybody present and takes people out', () => {
    const draft = new DelegatesDraft(KEY, [delegate('An'), delegate('Bình')]);
    draft.markAll(true);
    expect(draft).toMatchObject({ present: 2, count: 2, dirty: true });
    draft.remove(draft.rows[0]!.id);
    expect(draft.list).toEqual([delegate('Bình', true)]);
  });
});
