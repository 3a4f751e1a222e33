/** What the links of a site are called. */
import { m } from '$lib/paraglide/messages';
import type { EndpointRole } from '$lib/wire';

const NAME: Record<EndpointRole, () => string> = {
  main: m.plan_link_main,
  backup: m.plan_link_backup,
  screen: m.plan_link_screen,
};
const USE: Record<EndpointRole, () => string> = {
  main: m.plan_link_main_use,
  backup: m.plan_link_backup_use,
  screen: m.plan_link_screen_use,
};

/** An endpoint's link. */
export const linkName = (endpoint: EndpointRole): string => NAME[endpoint]();
/** What it is for. */
export const linkUse = (endpoint: EndpointRole): string => USE[endpoint]();
