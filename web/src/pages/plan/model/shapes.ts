/** Shapes of what is edited, for edits that the browser has kept since an older version of this page. */
import type { FloorMode, ItemPlan, Layout, PlanDetails, Quorum, SitePlan } from '$lib/wire';
import * as v from 'valibot';

/** What is neither agenda nor sites. */
export type Details = PlanDetails & { quorum: Quorum; templates: readonly string[] };

const LAYOUTS = ['single', 'side_by_side', 'speaker_hall', 'grid', 'content_speaker'] as const satisfies Layout[];
const FLOOR_MODES = ['closed', 'operator', 'queue', 'open'] as const satisfies FloorMode[];
const text = v.string();
const count = v.number();

export const AgendaShape: v.GenericSchema<unknown, readonly ItemPlan[]> = v.array(
  v.object({
    id: text,
    title: text,
    speaker: v.nullable(v.object({ name: text, title: text, organisation: text })),
    site: v.nullable(text),
    planned_ms: count,
    layout: v.nullable(v.picklist(LAYOUTS)),
    documents: v.array(v.object({ id: text, name: text, bytes: count })),
  }),
);

export const SitesShape: v.GenericSchema<unknown, readonly SitePlan[]> = v.array(
  v.object({
    slug: text,
    code: text,
    name: text,
    full_name: text,
    region: text,
    carrier: text,
    contact: v.object({ name: text, phone: text }),
    receive_kbps: v.nullable(count),
    column: count,
    row: count,
    hall: v.boolean(),
  }),
);

export const DetailsShape: v.GenericSchema<unknown, Details> = v.object({
  title: text,
  support_phone: text,
  floor_mode: v.picklist(FLOOR_MODES),
  speech: v.object({ allowed_ms: count, warning_ms: count, grace_ms: count }),
  quorum: v.object({ sites: count, delegates: count }),
  templates: v.array(text),
});
