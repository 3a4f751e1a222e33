import { forget, recall, remember } from '$lib/link/storage';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { Draft } from './draft.svelte';

const KIND = { empty: [] as readonly string[], shape: v.array(v.string()) };
const KEY = 'plan.x.test';
const opened = (server: readonly string[]) => {
  const draft = new Draft<readonly string[]>(KIND);
  draft.follow(server, KEY);
  return draft;
};

beforeEach(() => forget(KEY));

describe('a draft', () => {
  it('follows the server while nothing is edited', () => {
    const draft = opened(['a']);
    draft.follow(['a', 'b'], KEY);
    expect(draft.mine).toEqual(['a', 'b']);
    expect([draft.dirty, draft.conflict]).toEqual([false, false]);
  });

  it('is never overwritten by somebody else’s change: that is a conflict', () => {
    const draft = opened(['a']);
    draft.change(['mine']);
    draft.follow(['theirs'], KEY);
    expect(draft.mine).toEqual(['mine']);
    expect(draft.theirs).toEqual(['theirs']);
    expect(draft.conflict).toBe(true);
  });

  it('goes on from a conflict with the edit, with both, or without it', () => {
    const conflicting = () => {
      const draft = opened(['a']);
      draft.change(['mine']);
      draft.follow(['theirs'], KEY);
      return draft;
    };
    const kept = conflicting();
    kept.rebase();
    expect([kept.mine, kept.base, kept.conflict, kept.dirty]).toEqual([['mine'], ['theirs'], false, true]);
    const merged = conflicting();
    merged.rebase(['mine', 'theirs']);
    expect([merged.mine, merged.conflict]).toEqual([['mine', 'theirs'], false]);
    merged.undo();
    expect(merged.mine, 'a merge can be taken back').toEqual(['mine']);
    const given = conflicting();
    given.discard();
    expect([given.mine, given.dirty]).toEqual([['theirs'], false]);
  });

  it('takes steps back and forth; letters of one field are one step', () => {
    const draft = opened(['']);
    draft.change(['K'], 'title');
    draft.change(['Kh'], 'title');
    draft.change(['Kh', 'x']);
    draft.change(['Khai', 'x'], 'title');
    draft.undo();
    expect(draft.mine).toEqual(['Kh', 'x']);
    draft.undo();
    draft.undo();
    expect([draft.mine, draft.canUndo, draft.dirty]).toEqual([[''], false, false]);
    draft.redo();
    expect(draft.mine).toEqual(['Kh']);
    draft.change(['other']);
    expect(draft.canRedo, 'another edit ends what could be repeated').toBe(false);
  });

  it('is over when the server has what it says, whoever sent it', () => {
    const applied = opened(['a']);
    applied.change(['b']);
    applied.applied(['b']);
    expect([applied.dirty, applied.canUndo]).toEqual([false, false]);
    const same = opened(['a']);
    same.change(['b']);
    same.follow(['b'], KEY);
    expect([same.dirty, same.conflict]).toEqual([false, false]);
  });

  it('that was typed on while it was sent stays a draft on top of what was sent', () => {
    const draft = opened(['a']);
    draft.change(['b']);
    draft.change(['bc']);
    draft.applied(['b']);
    expect([draft.mine, draft.base, draft.dirty, draft.conflict]).toEqual([['bc'], ['b'], true, false]);
  });

  it('survives a reload, with its conflict', () => {
    opened(['a']).change(['mine']);
    const again = opened(['a']);
    expect([again.mine, again.dirty, again.conflict]).toEqual([['mine'], true, false]);
    const later = opened(['theirs']);
    expect([later.mine, later.conflict]).toEqual([['mine'], true]);
    later.discard();
    expect(recall(KEY)).toBeNull();
  });

  it('that an older page has kept in another shape is forgotten', () => {
    remember(KEY, JSON.stringify({ base: [1], mine: [{}] }));
    const draft = opened(['a']);
    expect([draft.mine, draft.dirty]).toEqual([['a'], false]);
    remember(KEY, '{');
    expect(opened(['a']).mine).toEqual(['a']);
  });
});
