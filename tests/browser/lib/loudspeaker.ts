// A loudspeaker that nobody hears. Firefox runs no sound at all on a machine without a device for it, so PulseAudio pretends one.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PulseAudio listens by then, ms. */
const START_DEADLINE_MS = 10_000;

/** A sound server with one silent device. */
export class Loudspeaker {
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
  }

  static async start(): Promise<Loudspeaker> {
    const folder = mkdtempSync(join(tmpdir(), "dienhong-sound-"));
    const socket = join(folder, "socket");
    const words = ["-n", "--daemonize=no", "--use-pid-file=no", "--high-priority=no", "--exit-idle-time=-1"];
    words.push("-L", "module-null-sink rate=48000", "-L", `module-native-protocol-unix auth-anonymous=1 socket=${socket}`);
    // Its files lie apart from those of whoever uses this machine.
    const child = spawn("pulseaudio", words, { stdio: "ignore", env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder } });
    let fault: Error | null = null;
    child.once("error", (error) => (fault = error));
    for (const end = Date.now() + START_DEADLINE_MS; !existsSync(socket); ) {
      if (fault) throw fault;
      if (Date.now() > end || child.exitCode !== null) throw new Error("PulseAudio does not listen");
      await new Promise((done) => setTimeout(done, 25));
    }
    return new Loudspeaker(folder, child);
  }

  /** What programs must have in their environment to play here. */
  get environment(): Record<string, string> {
    return { PULSE_SERVER: `unix:${join(this.#folder, "socket")}` };
  }

  async stop(): Promise<void> {
    const gone = new Promise<void>((done) => this.#child.once("exit", () => done()));
    if (this.#child.kill()) await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
