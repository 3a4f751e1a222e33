/** How many columns the wall has: as many as make the tiles largest. Pure. */

/** Pictures are 16:9. */
const ASPECT = 16 / 9;
/** Space between tiles, CSS pixels. */
export const TILE_GAP = 4;

/** A wall of `columns` × `rows`; `pictureWidth` is the width of the largest 16:9 picture in a tile, in CSS pixels. */
export type WallGrid = { columns: number; rows: number; pictureWidth: number };

/** The grid whose tiles show the largest pictures; of equals the one with the fewest columns. */
export function wallGrid(count: number, width: number, height: number, gap: number = TILE_GAP): WallGrid {
  let best: WallGrid = { columns: 1, rows: Math.max(1, count), pictureWidth: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const tileWidth = (width - (columns - 1) * gap) / columns;
    const tileHeight = (height - (rows - 1) * gap) / rows;
    const pictureWidth = Math.min(tileWidth, tileHeight * ASPECT);
    if (pictureWidth > best.pictureWidth) best = { columns, rows, pictureWidth };
  }
  return best;
}

/** Where a move leads inside the wall. */
export type WallMove = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

/** Index after a move from `index` among `count` tiles; the edges stop it. */
export function moveInWall(move: WallMove, index: number, count: number, columns: number): number {
  if (count === 0) return 0;
  const wanted = {
    left: index - 1,
    right: index + 1,
    up: index - columns,
    down: index + columns,
    first: 0,
    last: count - 1,
  }[move];
  return wanted < 0 || wanted >= count ? index : wanted;
}
