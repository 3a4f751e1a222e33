/** The caption of a conference's preview and of a receiver's programme. Pure. */
import type { AgendaView, Layout, Picture, SiteSlug, SiteView, SourceRef, StageView } from '$lib/wire';
import { type Caption, type CaptionFacts, captionOf, NO_CAPTION } from './caption';

/** What a conference says about captions. */
export type CaptionedConference = {
  stage: StageView | null;
  agenda: AgendaView;
  site(slug: SiteSlug): { view: SiteView } | undefined;
};

/** What is written into the programme as a receiver gets it; `own` is the receiver's site, if it stands in one. */
export function programmeCaption(
  picture: Picture | null,
  conference: CaptionedConference,
  own: SiteSlug | null,
): Caption {
  const { stage } = conference;
  if (!stage || !picture) return NO_CAPTION;
  const alone = picture.cells.length === 1 ? picture.cells[0] : undefined;
  const returned = picture.on_air && alone !== undefined && alone.site !== own;
  return captionOf(
    picture.layout,
    picture.cells,
    facts(conference, stage, { tour: stage.program.tour, returned, onAirSince: stage.program.since }),
  );
}

/** What will be written when this preview is taken. */
export function previewCaption(
  layout: Layout,
  sources: readonly SourceRef[],
  conference: CaptionedConference,
): Caption {
  const { stage } = conference;
  if (!stage) return NO_CAPTION;
  return captionOf(layout, sources, facts(conference, stage, { tour: false, returned: false, onAirSince: null }));
}

function facts(
  conference: CaptionedConference,
  stage: StageView,
  here: Pick<CaptionFacts, 'tour' | 'returned' | 'onAirSince'>,
) {
  return {
    lowerThird: stage.lower_third,
    namesShown: stage.names_shown,
    agenda: conference.agenda,
    site: (slug: SiteSlug) => conference.site(slug)?.view,
    ...here,
  };
}
