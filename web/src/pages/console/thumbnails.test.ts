import { stageView } from '$lib/state/samples';
import type { StageView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { thumbCells } from './thumbnails';

const SITES = ['hall', 'a', 'b', 'c'];
const flowing = (stage: StageView | null = null) => ({ wallPlace: (site: string) => SITES.indexOf(site), stage });
const nobody = () => false;
const keys = (...of: Parameters<typeof thumbCells>) => thumbCells(...of).map(({ key }) => key);

describe('a thumbnail of a layout', () => {
  it('shows what was picked, of the pictures of the wall', () => {
    expect(keys('single', ['b'], 'hall', nobody, flowing())).toEqual(['wall:2']);
    expect(keys('side_by_side', ['a'], 'hall', nobody, flowing())).toEqual(['wall:1', 'wall:0']);
    expect(keys('grid', ['a', 'b', 'c'], 'hall', nobody, flowing())).toEqual(['wall:1', 'wall:2', 'wall:3']);
  });

  it('is drawn as the layout that its choice would give', () => {
    const [cell, ...more] = thumbCells('speaker_hall', ['hall'], 'hall', nobody, flowing());
    expect(cell?.area).toEqual({ left: 0, top: 0, width: 100, height: 100 });
    expect(more).toEqual([]);
  });

  it('shows slides where they flow already, and a sheet of paper elsewhere', () => {
    const slides = { site: 'a', kind: 'content' as const };
    const shares = (site: string) => site === 'a';
    const inPreview = stageView(['hall'], ['a']);
    inPreview.preview!.sources.unshift(slides);
    const onAir = stageView(['a']);
    onAir.program.sources.push({ source: slides, slot: null });
    expect(keys('content_speaker', ['a'], 'hall', shares, flowing())).toEqual([null, 'wall:1']);
    expect(keys('content_speaker', ['a'], 'hall', shares, flowing(inPreview))).toEqual(['preview_content', 'wall:1']);
    expect(keys('content_speaker', ['a'], 'hall', shares, flowing(onAir))).toEqual(['program_content', 'wall:1']);
  });

  it('shows nothing of nothing, and no picture of a site that is not on the wall', () => {
    expect(thumbCells('grid', [], 'hall', nobody, flowing())).toEqual([]);
    expect(keys('single', ['elsewhere'], 'hall', nobody, flowing())).toEqual([null]);
  });
});
