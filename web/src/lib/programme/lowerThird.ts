/** Name and office of who is on air, from the agenda: what the lower third says. Pure. */
import type { AgendaView, Picture, SiteView, SpeakerView } from '$lib/wire';

/** Lines of a lower third. */
export type LowerThird = { name: string; detail: string };

/** The lower third of a picture: the current item's speaker if it is that site's turn, else the site's name. */
export function lowerThird(
  picture: Picture | null,
  agenda: AgendaView,
  site: (slug: string) => SiteView | undefined,
): LowerThird | null {
  const main = picture?.cells[0];
  if (!main) return null;
  const view = site(main.site);
  const item = agenda.items.find((one) => one.id === agenda.current);
  const place = view?.hall ? view.name : (view?.full_name ?? main.site);
  if (item?.speaker && item.site === main.site) {
    return { name: item.speaker.name, detail: [titleOf(item.speaker), place].filter(Boolean).join(' — ') };
  }
  return { name: place, detail: '' };
}

function titleOf({ title, organisation }: SpeakerView): string {
  return [title, organisation].filter(Boolean).join(', ');
}
