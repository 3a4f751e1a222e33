// The listener of the other tests, against leaks and clicks whose truth is known: both ends of a connection are in one page.
import { expect, type Page, test } from "@playwright/test";

import { Browser } from "../lib/browsers.ts";
import { Ears, HEARD_DBFS, OFF_AIR_DBFS, type Span, toneHz } from "../lib/spectrum.ts";

const HALL_HZ = toneHz(0);
const LEAK_HZ = toneHz(14);
const NOBODY_HZ = toneHz(32);
/** Around an event: the buffers of a receiver delay it, a busy machine by more. */
const AROUND_MS = 1_500;

/** What happens to the sound that is sent. */
type Event = { leak: number } | { clicks: number } | { silence: number };

/** Connects the page to itself: the hall's tone is sent all the time. */
async function connect(page: Page): Promise<void> {
  await page.evaluate(async (hz) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const output = context.createMediaStreamDestination();
    const hall = new GainNode(context, { gain: 0.1 });
    const oscillator = new OscillatorNode(context, { frequency: hz });
    oscillator.connect(hall).connect(output);
    oscillator.start();
    Object.assign(window, { sender: { context, hall, output } });
    const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
    one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined);
    other.onicecandidate = ({ candidate }) => void one.addIceCandidate(candidate ?? undefined);
    one.addTransceiver(output.stream.getAudioTracks()[0]!, { direction: "sendonly" });
    await one.setLocalDescription();
    await other.setRemoteDescription(one.localDescription!);
    await other.setLocalDescription();
    await one.setRemoteDescription(other.localDescription!);
    while (other.connectionState !== "connected") await new Promise((done) => setTimeout(done, 50));
  }, HALL_HZ);
}

/** Makes an event happen and gives the span of time in which it is received. */
async function happen(page: Page, event: Event): Promise<Span> {
  const from = Date.now();
  await page.evaluate(
    ({ event, hz }) => {
      const { context, hall, output } = (window as unknown as { sender: { context: AudioContext; hall: GainNode; output: AudioNode } }).sender;
      const at = context.currentTime + 0.3;
      if ("leak" in event) {
        const oscillator = new OscillatorNode(context, { frequency: hz });
        oscillator.connect(new GainNode(context, { gain: 0.1 })).connect(output);
        oscillator.start(at);
        oscillator.stop(at + event.leak / 1_000);
      } else if ("clicks" in event) {
        const buffer = new AudioBuffer({ length: 48_000, sampleRate: 48_000 });
        for (let i = 0; i < event.clicks; i++) buffer.getChannelData(0).fill(i % 2 ? -0.9 : 0.9, i * 4_003, i * 4_003 + 24);
        const source = new AudioBufferSourceNode(context, { buffer });
        source.connect(output);
        source.start(at);
      } else {
        hall.gain.setValueAtTime(0, at);
        hall.gain.setValueAtTime(0.1, at + event.silence / 1_000);
      }
    },
    { event, hz: LEAK_HZ },
  );
  await page.waitForTimeout(AROUND_MS);
  return { from, to: Date.now() };
}

test("a leak of one packet is heard, a click and a tone that is cut off and comes again are not taken for one", async () => {
  const browser = await Browser.plain();
  try {
    const page = await browser.open("about:blank");
    await connect(page);
    const ears = await Ears.on(page, [HALL_HZ, LEAK_HZ, NOBODY_HZ]);
    await page.waitForTimeout(1_000);
    const events: Event[] = [{ leak: 100 }, { leak: 20 }, { clicks: 1 }, { clicks: 5 }, { silence: 200 }];
    const spans: Span[] = [];
    for (const event of events) spans.push(await happen(page, event));

    const heard = await ears.heard(spans);
    events.forEach((event, i) => {
      const [hall, leak, nobody] = heard[i]!;
      const what = JSON.stringify({ event, leak, nobody });
      expect(hall!.quarter, what).toBeGreaterThan(HEARD_DBFS);
      if ("leak" in event) expect(leak!.loudest, what).toBeGreaterThan(OFF_AIR_DBFS);
      else expect(leak!.loudest, what).toBeLessThan(OFF_AIR_DBFS);
      expect(nobody!.loudest, what).toBeLessThan(OFF_AIR_DBFS);
    });
    globalThis.console.log(heard.map((sounds, i) => `    ${JSON.stringify(events[i])}: ${sounds.map(({ loudest }) => loudest.toFixed(1))}`).join("\n"));
  } finally {
    await browser.close();
  }
});
