/** The slide that is shown instead of a picture. Pure; the same for the programme monitor and the screens. */
import { m } from '$lib/paraglide/messages';
import type { ConferenceInfo, Holding, Picture } from '$lib/wire';

/** What a slide says: a large line, a small one, and a foot; both of these may be empty. */
export type Slide = { title: string; text: string; foot: string };

/**
 * The slide of a programme; none: there are pictures. Pictures decide, not the state: the state may be a moment older, and a slide
 * over a live picture would be seen in 63 rooms.
 */
export function slideOf(picture: Picture | null, info: ConferenceInfo | null, holding: Holding | null): Slide | null {
  const title = info?.title ?? m.product_name();
  if (info?.phase === 'ended') return { title, text: m.slide_ended(), foot: '' };
  if (picture && picture.cells.length > 0) return null;
  if (holding) return { title: holding.title, text: holding.text, foot: title };
  const running = info?.phase === 'live' || info?.phase === 'rehearsal';
  return { title, text: running ? m.slide_pause() : m.slide_before(), foot: '' };
}

/**
 * The slide as time goes by. The state says that the holding slide is over when the take that ends it is ordered; the picture comes a
 * moment later. Until then the slide stays as it is, instead of saying something else for a quarter of a second.
 */
export class LastingSlide {
  #holding: Holding | null = null;

  /** The slide now; none: there are pictures. */
  read(picture: Picture | null, info: ConferenceInfo | null, holding: Holding | null): Slide | null {
    if (holding) this.#holding = holding;
    else if (picture && picture.cells.length > 0) this.#holding = null;
    return slideOf(picture, info, this.#holding);
  }
}
