//! What must be installed, and the one line that installs it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::process;

/// A version as far as it matters here.
type Version = (u32, u32);

/// What a missing tool means.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    /// Nothing can be built.
    Required,
    /// The browser tests cannot run.
    ForTests,
    /// Tests and benches in networks of their own cannot run.
    ForNetworks,
    /// The relay is measured, but beside nothing.
    ForComparison,
    /// It is only slower.
    Optional,
}

struct Tool {
    name: &'static str,
    /// Each is tried in turn.
    programs: &'static [&'static str],
    /// Asks for the version.
    argument: &'static str,
    at_least: Option<Version>,
    need: Need,
    why: &'static str,
    remedy: Remedy,
}

#[derive(Clone, Copy)]
enum Remedy {
    /// A package of Debian.
    Apt(&'static str),
    /// Something to do by hand.
    Hint(&'static str),
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "Rust",
        programs: &["rustc"],
        argument: "--version",
        at_least: Some((1, 90)),
        need: Need::Required,
        why: "the server",
        remedy: Remedy::Hint("rustup update stable"),
    },
    Tool {
        name: "Node",
        programs: &["node"],
        argument: "--version",
        at_least: Some((20, 19)),
        need: Need::Required,
        why: "the pages",
        remedy: Remedy::Apt("nodejs"),
    },
    Tool {
        name: "npm",
        programs: &["npm"],
        argument: "--version",
        at_least: None,
        need: Need::Required,
        why: "the pages",
        remedy: Remedy::Apt("npm"),
    },
    Tool {
        name: "C++ compiler",
        programs: &["c++", "g++", "clang++"],
        argument: "--version",
        at_least: None,
        need: Need::Required,
        why: "SQLite and the codecs of the simulated sites",
        remedy: Remedy::Apt("g++"),
    },
    Tool {
        name: "CMake",
        programs: &["cmake"],
        argument: "--version",
        at_least: None,
        need: Need::Required,
        why: "the Opus codec of the simulated sites",
        remedy: Remedy::Apt("cmake"),
    },
    Tool {
        name: "NASM",
        programs: &["nasm"],
        argument: "--version",
        at_least: None,
        need: Need::Optional,
        why: "simulated sites encode faster with it",
        remedy: Remedy::Apt("nasm"),
    },
    Tool {
        name: "Chromium",
        programs: &["chromium", "chromium-browser", "google-chrome"],
        argument: "--version",
        at_least: None,
        need: Need::ForTests,
        why: "the browser tests",
        remedy: Remedy::Apt("chromium"),
    },
    Tool {
        name: "Firefox",
        programs: &["firefox-esr"],
        argument: "--version",
        at_least: None,
        need: Need::ForTests,
        why: "the browser tests",
        remedy: Remedy::Apt("firefox-esr"),
    },
    Tool {
        name: "PulseAudio",
        programs: &["pulseaudio"],
        argument: "--version",
        at_least: None,
        need: Need::ForTests,
        why: "the loudspeaker of the tests' Firefox",
        remedy: Remedy::Apt("pulseaudio"),
    },
    Tool {
        name: "Python",
        programs: &["python3"],
        argument: "--version",
        at_least: Some((3, 10)),
        need: Need::ForTests,
        why: "the doors' tests with aiortc",
        remedy: Remedy::Apt("python3-venv"),
    },
    Tool {
        name: "Prometheus",
        programs: &["promtool"],
        argument: "--version",
        at_least: None,
        need: Need::ForTests,
        why: "the test that it reads the server's figures",
        remedy: Remedy::Apt("prometheus"),
    },
    Tool {
        name: "ip",
        programs: &["ip"],
        argument: "-V",
        at_least: None,
        need: Need::ForNetworks,
        why: "networks of namespaces, which also need root",
        remedy: Remedy::Apt("iproute2"),
    },
    Tool {
        name: "faketime",
        programs: &["faketime"],
        argument: "--version",
        at_least: None,
        need: Need::ForNetworks,
        why: "sites whose clocks are wrong",
        remedy: Remedy::Apt("faketime"),
    },
    Tool {
        name: "Janus",
        programs: &["janus"],
        // It knows no argument for its version alone; it begins its help with it.
        argument: "--help",
        at_least: None,
        need: Need::ForComparison,
        why: "`bench relay` measures it beside our relay",
        remedy: Remedy::Apt("janus"),
    },
];

enum State {
    Fine(String),
    TooOld(Version),
    Absent,
}

/// Prints the table and the line; whether everything required is there.
pub(crate) fn report() -> bool {
    let found: Vec<_> = TOOLS.iter().map(|tool| (tool, look(tool))).collect();
    for (tool, state) in &found {
        println!("{}", describe(tool, state));
    }
    let wanting = || found.iter().filter(|(_, state)| !matches!(state, State::Fine(_))).map(|(tool, _)| *tool);
    for tool in wanting() {
        if let Remedy::Hint(hint) = tool.remedy {
            println!("\nfor {}: {hint}", tool.name);
        }
    }
    if let Some(line) = apt_line(wanting()) {
        println!("\n{line}");
    }
    !wanting().any(|tool| tool.need == Need::Required)
}

/// What is about to be done.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Purpose {
    /// Build and start the program.
    Run,
    /// Run the tests as well.
    Test,
    /// Test or measure in networks of namespaces.
    Networks,
    /// Measure Janus beside our relay, which takes a network namespace.
    Comparison,
}

impl Purpose {
    fn needs(self, tool: &Tool) -> bool {
        match tool.need {
            Need::Required => true,
            Need::ForTests => matches!(self, Purpose::Test | Purpose::Networks),
            Need::ForNetworks => self == Purpose::Networks,
            Need::ForComparison => self == Purpose::Comparison,
            Need::Optional => false,
        }
    }
}

/// Installs what is missing for the purpose and what Debian has; fails with the line to type if that was not possible.
/// Says nothing if everything is there.
pub(crate) fn provide(purpose: Purpose) -> anyhow::Result<()> {
    let lacks = |tool: &&Tool| purpose.needs(tool) && !is_fine(tool);
    let missing: Vec<_> = TOOLS.iter().filter(lacks).collect();
    if missing.iter().any(|tool| package(tool).is_some()) {
        let optional = TOOLS.iter().filter(|tool| tool.need == Need::Optional && !is_fine(tool));
        let packages: Vec<_> = missing.into_iter().chain(optional).filter_map(package).collect();
        println!("missing: {}; installing with apt-get", packages.join(", "));
        if let Err(error) = install(&packages) {
            println!("{error:#}\n");
        }
    }
    if TOOLS.iter().any(|tool| lacks(&tool)) {
        report();
        bail!("something that is required is missing; see above");
    }
    Ok(())
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let root = nix::unistd::geteuid().is_root();
    let apt = |arguments: &[&str]| {
        let mut words = if root { Vec::new() } else { vec!["sudo"] };
        words.push("apt-get");
        words.extend(arguments);
        let mut command = process::command(Path::new("/"), words[0], &words[1..]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        process::run(command)
    };
    let mut arguments = vec!["install", "-y"];
    arguments.extend(packages);
    // A machine that never updated its lists, or long ago, finds no package.
    apt(&arguments).or_else(|_| apt(&["update"]).and_then(|()| apt(&arguments))).context("apt-get")
}

fn package(tool: &Tool) -> Option<&'static str> {
    match tool.remedy {
        Remedy::Apt(package) => Some(package),
        Remedy::Hint(_) => None,
    }
}

fn apt_line<'a>(wanting: impl Iterator<Item = &'a Tool>) -> Option<String> {
    let packages: Vec<_> = wanting.filter_map(package).collect();
    (!packages.is_empty()).then(|| format!("sudo apt-get install -y {}", packages.join(" ")))
}

fn describe(tool: &Tool, state: &State) -> String {
    let (name, why) = (tool.name, tool.why);
    let lack = match tool.need {
        Need::Required => "MISSING",
        Need::ForTests => "missing, needed by the tests",
        Need::ForNetworks => "missing, needed by tests in networks of their own",
        Need::ForComparison => "missing, needed for comparison",
        Need::Optional => "missing, optional",
    };
    match (state, tool.at_least) {
        (State::Fine(version), _) => format!("{name:<14} {version}"),
        (State::TooOld(found), Some(at_least)) => {
            format!("{name:<14} TOO OLD: {}.{}, at least {}.{} ({why})", found.0, found.1, at_least.0, at_least.1)
        }
        (State::TooOld(_) | State::Absent, _) => format!("{name:<14} {lack} ({why})"),
    }
}

fn is_fine(tool: &Tool) -> bool {
    matches!(look(tool), State::Fine(_))
}

fn look(tool: &Tool) -> State {
    let answers = tool.programs.iter().filter_map(|program| {
        let output = Command::new(program).arg(tool.argument).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    });
    let Some(answer) = answers.into_iter().next() else { return State::Absent };
    let line = answer.lines().next().unwrap_or_default().to_owned();
    match (tool.at_least, version(&line)) {
        (Some(at_least), Some(found)) if found < at_least => State::TooOld(found),
        (Some(_), None) => State::Absent,
        (Some(_), Some(_)) | (None, _) => State::Fine(line),
    }
}

/// The first `major.minor` of a line, as in `rustc 1.90.0 (…)` or `v20.19.2`.
fn version(line: &str) -> Option<Version> {
    line.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor: String = numbers.next()?.chars().take_while(char::is_ascii_digit).collect();
        Some((major, minor.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_the_tools_print() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("rustc 1.90-nightly"), Some((1, 90)));
        assert_eq!(version("v20.19.2"), Some((20, 19)));
        assert_eq!(version("cmake version 3.31.6"), Some((3, 31)));
        assert_eq!(version("no number"), None);
    }

    #[test]
    fn a_minor_version_is_a_number_and_not_text() {
        assert!(version("v20.9.0") < version("v20.19.0"));
    }

    #[test]
    fn one_line_installs_everything_that_apt_has() {
        let line = apt_line(TOOLS.iter().filter(|tool| tool.need != Need::Optional));

        assert_eq!(
            line.as_deref(),
            Some(
                "sudo apt-get install -y nodejs npm g++ cmake chromium firefox-esr pulseaudio python3-venv prometheus iproute2 faketime janus"
            )
        );
        assert_eq!(apt_line(std::iter::empty()), None);
    }

    #[test]
    fn only_the_tests_ask_for_a_browser_and_nothing_insists_on_what_is_optional() {
        let asked = |purpose: Purpose| {
            let tools = TOOLS.iter().filter(move |tool| purpose.needs(tool));
            tools.map(|tool| tool.name).collect::<Vec<_>>()
        };

        assert_eq!(asked(Purpose::Run), ["Rust", "Node", "npm", "C++ compiler", "CMake"]);
        assert_eq!(asked(Purpose::Test)[..5], asked(Purpose::Run));
        assert_eq!(asked(Purpose::Test)[5..], ["Chromium", "Firefox", "PulseAudio", "Python", "Prometheus"]);
        assert_eq!(asked(Purpose::Networks)[10..], ["ip", "faketime"]);
        assert_eq!(asked(Purpose::Comparison)[5..], ["Janus"]);
    }

    #[test]
    fn a_program_that_does_not_exist_is_absent_and_an_old_one_is_named() {
        let tool = |programs, at_least| Tool { programs, at_least, ..TOOLS[0] };

        assert!(matches!(look(&tool(&["no-such-program"], None)), State::Absent));
        let old = tool(&["rustc"], Some((9_999, 0)));
        assert!(matches!(look(&old), State::TooOld(_)));
        assert!(describe(&old, &look(&old)).contains("at least 9999.0"));
    }
}
