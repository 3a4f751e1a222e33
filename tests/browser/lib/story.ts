// What the log tells, in short words: each event is its kind with the sites, items and reasons that make it what it is.
import type { LoggedEvent } from "./people.ts";

/** Source of a programme as events carry it. */
interface LoggedProgram {
  layout: string;
  sources: { source: { site: string; kind: string } }[];
  holding?: { title: string } | null;
}

/** What is not a person's doing but the machine's: who connects when is another test's. */
const BACKGROUND = new Set(["setup_recorded", "server_started", "endpoint_joined"]);

/** The story of some events, one line each, without what runs in the background. */
export function storyOf(events: LoggedEvent[]): string[] {
  return events.filter(({ kind }) => !BACKGROUND.has(kind)).map(lineOf);
}

/** One event in words. */
export function lineOf({ kind, body }: LoggedEvent): string {
  return [kind, ...detailsOf(kind, body)].join(" ");
}

function detailsOf(kind: string, body: Record<string, unknown>): string[] {
  switch (kind) {
    case "take_ordered":
    case "stage_cut":
      return [picture(body["program"] as LoggedProgram), ...causeOf(body["cause"])];
    case "preview_set":
      return (body["sources"] as { site: string }[]).map(({ site }) => site);
    case "tour_started":
      return body["sites"] as string[];
    case "presence_marked":
      return [body["site"] as string, body["present"] ? "present" : `absent: ${body["reason"]}`];
    case "floor_requested":
      return [body["site"] as string, body["kind"] as string, `at ${body["position"]}`];
    default:
      return ["site", "item", "mode", "reason"].flatMap((name) => (typeof body[name] === "string" ? [body[name]] : []));
  }
}

function picture({ layout, sources, holding }: LoggedProgram): string {
  if (holding) return `holding slide "${holding.title}"`;
  return `${layout} ${sources.map(({ source }) => (source.kind === "content" ? `${source.site}'s content` : source.site)).join("+")}`;
}

function causeOf(cause: unknown): string[] {
  return typeof cause === "object" && cause !== null && "type" in cause ? [`(${String(cause.type)})`] : [];
}

/** The story without takes for which no picture came within their second, each of which a person orders again. */
export function withoutRepeatedTakes(story: string[]): string[] {
  const failed = (line: string | undefined) => line === "take_failed no_keyframe";
  return story.filter((line, i) => !failed(line) && !(line.startsWith("take_ordered") && failed(story[i + 1])));
}
