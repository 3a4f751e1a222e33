//! What a document is: by the end of its name, and by how its content begins. Both must agree.

/// Kinds of document that offices exchange. No pages and no programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PDF.
    Pdf,
    /// Word.
    Docx,
    /// Excel.
    Xlsx,
    /// PowerPoint.
    Pptx,
    /// OpenDocument text.
    Odt,
    /// OpenDocument table.
    Ods,
    /// OpenDocument slides.
    Odp,
    /// PNG.
    Png,
    /// JPEG.
    Jpg,
    /// Plain text in UTF-8.
    Txt,
}

/// So much of the content is looked at.
pub(super) const LOOKED_AT_BYTES: usize = 512;
/// First entry of every OOXML and OpenDocument file (APPNOTE.TXT 4.3.7).
const ZIP: &[u8] = b"PK\x03\x04";
/// Where the name of a zip's first entry begins; that of an OpenDocument file is `mimetype`, and its content follows as it is
/// (OpenDocument 1.3 part 2, 3.3).
const FIRST_ENTRY: usize = 30;

impl Kind {
    const ALL: [(&'static str, Self); 11] = [
        ("pdf", Self::Pdf),
        ("docx", Self::Docx),
        ("xlsx", Self::Xlsx),
        ("pptx", Self::Pptx),
        ("odt", Self::Odt),
        ("ods", Self::Ods),
        ("odp", Self::Odp),
        ("png", Self::Png),
        ("jpg", Self::Jpg),
        ("jpeg", Self::Jpg),
        ("txt", Self::Txt),
    ];

    /// The kind that a name says.
    pub fn of_name(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() { None } else { Self::of_extension(&extension.to_ascii_lowercase()) }
    }

    /// The kind of an extension in small letters.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
    }

    /// Under which extension it is stored.
    pub fn extension(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(extension, _)| extension)
    }

    /// All extensions, for people.
    pub(super) fn names() -> String {
        Self::ALL.map(|(extension, _)| extension).join(", ")
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Png => "image/png",
            Self::Jpg => "image/jpeg",
            Self::Txt => "text/plain; charset=utf-8",
        }
    }

    /// True if a content that begins so can be of this kind. `whole`: this is all of it.
    pub(super) fn fits(self, beginning: &[u8], whole: bool) -> bool {
        match self {
            Self::Pdf => beginning.starts_with(b"%PDF-"),
            Self::Docx | Self::Xlsx | Self::Pptx => beginning.starts_with(ZIP) && !is_mimetype(beginning),
            Self::Odt | Self::Ods | Self::Odp => {
                let rest = beginning.get(FIRST_ENTRY..).unwrap_or_default();
                let content = rest.strip_prefix(b"mimetype").unwrap_or_default();
                beginning.starts_with(ZIP) && content.starts_with(self.media_type().as_bytes())
            }
            Self::Png => beginning.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpg => beginning.starts_with(b"\xff\xd8\xff"),
            Self::Txt => is_text(beginning, whole),
        }
    }
}

fn is_mimetype(beginning: &[u8]) -> bool {
    beginning.get(FIRST_ENTRY..).is_some_and(|rest| rest.starts_with(b"mimetype"))
}

/// A letter may be cut in two where the look ends.
fn is_text(beginning: &[u8], whole: bool) -> bool {
    let readable = match std::str::from_utf8(beginning) {
        Ok(_) => true,
        Err(error) => !whole && error.error_len().is_none(),
    };
    readable && !beginning.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_kind_and_the_content_must_agree() {
        let odt = [ZIP, &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.textPK"].concat();
        let docx = [ZIP, &[0; 26], b"[Content_Types].xml"].concat();

        assert_eq!(Kind::of_name("Báo cáo.PDF"), Some(Kind::Pdf));
        assert_eq!(Kind::of_name("a.jpeg").map(Kind::extension), Some("jpg"));
        for name in ["", "pdf", ".pdf", "a.html", "a.pdf.exe", "a.svg", "a."] {
            assert_eq!(Kind::of_name(name), None, "{name}");
        }
        assert!(Kind::Pdf.fits(b"%PDF-1.7\n", false) && !Kind::Pdf.fits(b"<html>", false));
        assert!(Kind::Odt.fits(&odt, false) && !Kind::Ods.fits(&odt, false) && !Kind::Docx.fits(&odt, false));
        assert!(Kind::Docx.fits(&docx, false) && !Kind::Odt.fits(&docx, false));
        assert!(Kind::Jpg.fits(b"\xff\xd8\xff\xe0", false) && !Kind::Png.fits(b"\xff\xd8\xff\xe0", false));
    }

    #[test]
    fn a_text_is_readable_also_where_the_look_cuts_a_letter() {
        let text = "ế".as_bytes();

        assert!(Kind::Txt.fits(&text[..2], false) && !Kind::Txt.fits(&text[..2], true));
        assert!(!Kind::Txt.fits(b"MZ\0", false) && !Kind::Txt.fits(b"\xff\xfe", false));
    }
}
