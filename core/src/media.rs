//! Files people send: what they really are, and how large they may be.
//!
//! **Never here:** disks, HTTP.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::Millis;

/// No photo of a tap is larger.
pub const PHOTO_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Messengers let bots fetch about so much (Telegram: 20 MB).
pub const VIDEO_BYTES_MAX: usize = 20 * 1024 * 1024;
pub const SOUND_BYTES_MAX: usize = 8 * 1024 * 1024;
pub const PAPER_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Whatever it is.
pub const BYTES_MAX: usize = VIDEO_BYTES_MAX;

/// What a file is by its first bytes. Nothing else is kept, and nothing is served as anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Jpeg,
    Png,
    Webp,
    Gif,
    Mp4,
    Webm,
    Ogg,
    Mp3,
    M4a,
    Wav,
    Pdf,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the file is empty")]
    Empty,
    #[error("the file is neither a picture, a video, sound nor PDF")]
    Unknown,
    #[error("{bytes} bytes of {form:?}; at most {most}")]
    TooLarge { form: Form, bytes: usize, most: usize },
}

/// A file in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// SHA-256 of the bytes, in hex: the file's name.
    pub hash: String,
    pub form: Form,
    pub bytes: i64,
    /// Since the conversation began.
    pub at: Millis,
    /// As the sender called it.
    pub name: String,
    pub caption: String,
}

impl Form {
    /// Recognised by the signatures of their formats; whether it may be so large, too.
    pub fn of(bytes: &[u8]) -> Result<Self, Unfit> {
        if bytes.is_empty() {
            return Err(Unfit::Empty);
        }
        let form = Self::signed(bytes).ok_or(Unfit::Unknown)?;
        let most = form.bytes_max();
        if bytes.len() > most {
            return Err(Unfit::TooLarge { form, bytes: bytes.len(), most });
        }
        Ok(form)
    }

    fn signed(bytes: &[u8]) -> Option<Self> {
        let at = |from: usize, sign: &[u8]| bytes.get(from..from + sign.len()) == Some(sign);
        Some(match () {
            () if at(0, b"\xff\xd8\xff") => Self::Jpeg,
            () if at(0, b"\x89PNG\r\n\x1a\n") => Self::Png,
            () if at(0, b"RIFF") && at(8, b"WEBP") => Self::Webp,
            () if at(0, b"RIFF") && at(8, b"WAVE") => Self::Wav,
            () if at(0, b"GIF87a") || at(0, b"GIF89a") => Self::Gif,
            () if at(4, b"ftypM4A") => Self::M4a,
            () if at(4, b"ftyp") => Self::Mp4,
            () if at(0, b"\x1a\x45\xdf\xa3") => Self::Webm,
            () if at(0, b"OggS") => Self::Ogg,
            () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") => Self::Mp3,
            () if at(0, b"%PDF-") => Self::Pdf,
            () => return None,
        })
    }

    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::Ogg => "audio/ogg",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
            Self::Wav => "audio/wav",
            Self::Pdf => "application/pdf",
        }
    }

    /// A page may show it in its place; the rest is only handed out as a file.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Gif)
    }

    fn bytes_max(self) -> usize {
        match self {
            Self::Jpeg | Self::Png | Self::Webp | Self::Gif => PHOTO_BYTES_MAX,
            Self::Mp4 | Self::Webm => VIDEO_BYTES_MAX,
            Self::Ogg | Self::Mp3 | Self::M4a | Self::Wav => SOUND_BYTES_MAX,
            Self::Pdf => PAPER_BYTES_MAX,
        }
    }
}

/// A file as it is kept for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub hash: String,
    pub form: Form,
    pub bytes: i64,
    pub created: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert_eq!(Form::of(b"\xff\xd8\xff\xe0rest"), Ok(Form::Jpeg));
        assert_eq!(Form::of(b"RIFF\x10\0\0\0WEBPVP8 "), Ok(Form::Webp));
        assert_eq!(Form::of(b"RIFF\x10\0\0\0WAVEfmt "), Ok(Form::Wav));
        assert_eq!(Form::of(b"\0\0\0\x18ftypmp42"), Ok(Form::Mp4));
        assert_eq!(Form::of(b"OggS\0"), Ok(Form::Ogg));
    }

    #[test]
    fn a_page_a_script_and_a_program_are_not_kept() {
        for bytes in [
            &b"<!DOCTYPE html><script>"[..],
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'>",
            b"MZ\x90\0",
            b"\x7fELF",
            b"#!/bin/sh",
            b"PK\x03\x04",
        ] {
            assert_eq!(Form::of(bytes), Err(Unfit::Unknown));
        }
        assert_eq!(Form::of(b""), Err(Unfit::Empty));
    }

    #[test]
    fn a_photo_that_is_too_large_is_refused_with_its_size() {
        let mut bytes = b"\xff\xd8\xff".to_vec();
        bytes.resize(PHOTO_BYTES_MAX + 1, 0);

        let refused = Form::of(&bytes).unwrap_err();
        assert_eq!(refused.to_string(), "12582913 bytes of Jpeg; at most 12582912");
    }
}
