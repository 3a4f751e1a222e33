//! The examples load as they are, and what is wrong is named with its line.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conference::FloorMode;
use server::config::{LogFormat, Problems, ServerConfig};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn no_environment() -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// A folder with these files, and the problems of its `dienhong.toml`.
fn problems_of(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let result = ServerConfig::load(&folder.path().join("dienhong.toml"), &environment);
    let Err(Problems(problems)) = result else { return Vec::new() };
    let prefix = format!("{}/", folder.path().display());
    problems.iter().map(|problem| problem.to_string().replace(&prefix, "")).collect()
}

const CONFERENCE: &str = r#"
id = "hop"
title = "Họp"
sites = "sites.csv"
[hall]
slug = "dien-hong"
name = "Hội trường"
[[agenda]]
id = "mo"
title = "Mở đầu"
site = "cao-bang"
"#;
const SITES: &str = "code,slug,name,full_name,region,column,row\n04,cao-bang,Cao Bằng,Tỉnh Cao Bằng,Bắc,5,0\n";
const SERVER: &str = "conferences = [\"hop.toml\"]\n";

#[test]
fn the_commented_example_is_the_defaults_and_has_63_sites() {
    let config = ServerConfig::load(&examples().join("dienhong.toml"), &no_environment()).unwrap();

    let setup = &config.conferences[0].setup;
    assert_eq!(setup.id.as_str(), "bau-cu-2021");
    assert_eq!(setup.sites.len(), 64);
    assert_eq!(setup.hall().as_str(), "dien-hong");
    assert_eq!(setup.floor_mode, FloorMode::Closed);
    let items: Vec<&str> = setup.agenda.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(items, ["khai-mac", "bc-01", "bc-02", "bc-03", "bc-04", "bc-05", "ket-luan"]);

    // A file that names nothing but a conference gives the same.
    let bare = tempfile::tempdir().unwrap();
    let conference = examples().join("conferences/bau-cu-2021.toml");
    let text = format!("conferences = [{:?}]\n", conference.display().to_string());
    std::fs::write(bare.path().join("bare.toml"), text).unwrap();
    let bare = ServerConfig::load(&bare.path().join("bare.toml"), &no_environment()).unwrap();
    assert_eq!((bare.http, bare.https, bare.media), (config.http, config.https, config.media));
    assert_eq!((bare.limits, bare.log), (config.limits, config.log));
}

#[test]
fn every_conference_of_the_examples_loads() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(examples().join("conferences")).unwrap() {
        let path = entry.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.toml");
        std::fs::write(&file, format!("conferences = [{:?}]\n", path.display().to_string())).unwrap();
        let config = ServerConfig::load(&file, &no_environment()).unwrap();
        let setup = &config.conferences[0].setup;
        names.push((setup.id.to_string(), setup.sites.len()));
    }
    names.sort();
    assert_eq!(names, [("34-don-vi-2025".to_owned(), 35), ("bau-cu-2021".to_owned(), 64)]);
}

#[test]
fn the_environment_stands_before_the_file() {
    let environment = BTreeMap::from([
        ("DIENHONG__HTTP__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("DIENHONG__HTTPS__ENABLED".to_owned(), "false".to_owned()),
        ("DIENHONG__MEDIA__LISTEN".to_owned(), "[::]:5004".to_owned()),
        ("DIENHONG__MEDIA__TCP".to_owned(), "false".to_owned()),
        ("DIENHONG__MEDIA__ANNOUNCE".to_owned(), "192.0.2.1, 2001:db8::1".to_owned()),
        ("DIENHONG__LIMITS__ENDPOINTS".to_owned(), "7".to_owned()),
        ("DIENHONG__LOG__FORMAT".to_owned(), "json".to_owned()),
    ]);

    let config = ServerConfig::load(&examples().join("dienhong.toml"), &environment).unwrap();

    assert_eq!(config.http.listen.port(), 0);
    assert_eq!(config.https, None);
    assert!(config.media.listen.is_ipv6() && config.media.announce[1].is_ipv6());
    assert!(!config.media.tcp);
    assert_eq!(config.media.announce.len(), 2);
    assert_eq!(config.limits.endpoints, 7);
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn a_small_configuration_is_right() {
    assert_eq!(
        problems_of(&[("dienhong.toml", SERVER), ("hop.toml", CONFERENCE), ("sites.csv", SITES)], &[]),
        Vec::<String>::new()
    );
}

#[test]
fn everything_wrong_in_the_server_file_is_named_with_its_line() {
    let server = "conferences = [\"hop.toml\", \"gone.toml\"]\n[http]\nlisten = \"nowhere\"\nlisen = 1\n[limits]\nendpoints = 0\n\
                  consoles = \"many\"\n[log]\nformat = \"xml\"\n[https]\nkey = \"k.pem\"\n[[operators]]\nname = \"a\"\nrole = \"site\"\n[nonsense]\n";
    let problems = problems_of(&[("dienhong.toml", server), ("hop.toml", CONFERENCE), ("sites.csv", SITES)], &[]);

    let lines: Vec<&str> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "dienhong.toml:1:",
            "dienhong.toml:3:",
            "dienhong.toml:4:",
            "dienhong.toml:6:",
            "dienhong.toml:7:",
            "dienhong.toml:9:",
            "dienhong.toml:11:",
            "dienhong.toml:14:",
            "dienhong.toml:15:",
        ],
        "{problems:#?}"
    );
    assert!(problems[0].contains("gone.toml is not there"), "{problems:#?}");
    assert!(problems[2].contains("unknown key `http.lisen`"), "{problems:#?}");
    assert!(problems[3].contains("from 1 to 10000"), "{problems:#?}");
}

#[test]
fn everything_wrong_in_a_conference_and_its_sites_is_named_with_its_line() {
    let conference = CONFERENCE.replace("site = \"cao-bang\"", "site = \"ha-noi\"\ncolour = \"red\"");
    let conference = conference.replace("[hall]\n", "[hall]\nreceive_kbps = 20\n");
    let sites = format!("{SITES}05,Bad Slug,X,,Bắc,5,99\n06,short\n04,cao-bang,Cao Bằng 2,,Bắc,6,0\n");
    let files = [("dienhong.toml", SERVER), ("hop.toml", conference.as_str()), ("sites.csv", sites.as_str())];

    let problems = problems_of(&files, &[]);

    assert_eq!(
        problems,
        [
            "hop.toml:6: `hall.receive_kbps` must be a number from 250 to 100000, not 20",
            "hop.toml:9: agenda item mo names the unknown site ha-noi",
            "hop.toml:13: unknown key `agenda.colour`; known here: id, layout, planned_minutes, site, speaker, title",
            "sites.csv:3: `row` must be a number from 0 to 63, not \"99\"",
            "sites.csv:4: 2 columns, but the heading has 7",
            "sites.csv:5: site slug cao-bang is used twice",
        ]
    );
}

#[test]
fn bad_toml_and_bad_variables_are_named() {
    let problems = problems_of(&[("dienhong.toml", "conferences = [\n[http\n")], &[]);
    assert!(problems.iter().any(|problem| problem.starts_with("dienhong.toml:2: no valid TOML")), "{problems:#?}");

    let files = [("dienhong.toml", SERVER), ("hop.toml", CONFERENCE), ("sites.csv", SITES)];
    let problems = problems_of(
        &files,
        &[("DIENHONG__HTTP__LISEN", "1"), ("DIENHONG__HTP__LISTEN", "1"), ("DIENHONG__LIMITS__ENDPOINTS", "x")],
    );
    let starts: Vec<String> = problems.iter().map(|problem| problem.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(
        starts,
        [
            "environment DIENHONG__HTP__LISTEN",
            "environment DIENHONG__HTTP__LISEN",
            "environment DIENHONG__LIMITS__ENDPOINTS"
        ],
        "{problems:#?}"
    );
}

#[test]
fn a_missing_file_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let Err(problems) = ServerConfig::load(&folder.path().join("none.toml"), &no_environment()) else {
        panic!("a missing file must not load")
    };
    assert_eq!(problems.0.len(), 1);
    assert!(problems.to_string().contains("none.toml: cannot be read"), "{problems}");
}

#[test]
fn certificate_files_need_each_other() {
    let server = format!("{SERVER}[https]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n");
    let files = [("hop.toml", CONFERENCE), ("sites.csv", SITES), ("dienhong.toml", server.as_str())];
    let problems = problems_of(&files, &[]);
    assert_eq!(problems.len(), 2, "both files are missing: {problems:#?}");

    let (one, other) = (pem(), pem());
    let with = |certificate: &str, key: &str| {
        problems_of(&[files[0], files[1], files[2], ("c.pem", certificate), ("k.pem", key)], &[])
    };
    assert_eq!(with(&one.0, &one.1), Vec::<String>::new());
    for (certificate, key, line) in [
        ("", &*one.1, "dienhong.toml:3: "),
        (&*one.0, "no key", "dienhong.toml:4: "),
        (&*one.0, &*other.1, "dienhong.toml:3: "),
    ] {
        let problems = with(certificate, key);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].starts_with(line), "{problems:#?}");
    }
}

/// A certificate and its key.
fn pem() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["hop.example.vn".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn what_would_not_start_or_would_be_ignored_is_named_by_line() {
    let server = "conferences = [\"hop.toml\"]\n[http]\nlisten = \"127.0.0.1:8443\"\ntrusted_proxies = [\"proxy\"]\n\
                  [https]\nlisten = \"0.0.0.0:8443\"\nnames = [\"họp.vn\"]\n[log]\nfilter = \"blah=blah=info\"\n";
    let conference = format!("{CONFERENCE}[speech]\ngrace_second = 5\n");
    let files = [("dienhong.toml", server), ("hop.toml", conference.as_str()), ("sites.csv", SITES)];

    let problems = problems_of(&files, &[("DIENHONG__OPERATORS", "x"), ("DIENHONG__HTTP", "x")]);

    let places: Vec<&str> = problems.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "dienhong.toml:4",
            "dienhong.toml:6",
            "dienhong.toml:7",
            "dienhong.toml:9",
            "hop.toml:13",
            "environment DIENHONG__HTTP",
            "environment DIENHONG__OPERATORS",
        ],
        "{problems:#?}"
    );
    assert!(problems[4].contains("unknown key `speech.grace_second`"), "{problems:#?}");
}
