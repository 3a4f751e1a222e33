//! What is wrong with a configuration, and where.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A whole file.
    File(PathBuf),
    /// A line of a file, from 1.
    Line(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, in one line.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(file) => write!(f, "{}: {}", file.display(), self.text),
            Place::Line(file, line) => write!(f, "{}:{line}: {}", file.display(), self.text),
            Place::Environment(variable) => write!(f, "environment {variable}: {}", self.text),
        }
    }
}

/// Everything that is wrong with a configuration; never empty when it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// Collects problems while a configuration is read, so that all are named and not only the first.
#[derive(Debug, Default)]
pub(super) struct Collector(RefCell<Vec<Problem>>);

impl Collector {
    pub(super) fn add(&self, place: Place, text: impl Into<String>) {
        self.0.borrow_mut().push(Problem { place, text: text.into() });
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }
}

/// A file's text, and the lines of its bytes.
#[derive(Debug)]
pub(super) struct SourceText {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl SourceText {
    /// Reads a file; says so if it cannot be read.
    pub(super) fn read(path: &Path, problems: &Collector) -> Option<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Self { path: path.to_owned(), text }),
            Err(error) => {
                problems.add(Place::File(path.to_owned()), format!("cannot be read: {error}"));
                None
            }
        }
    }

    pub(super) fn line_of(&self, byte: usize) -> Place {
        let before = self.text.as_bytes().iter().take(byte);
        Place::Line(self.path.clone(), 1 + before.filter(|byte| **byte == b'\n').count())
    }
}
