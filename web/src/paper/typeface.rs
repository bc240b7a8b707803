//! A font on paper: the letters that were used are embedded, and nothing else of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

const FOLDER: &str = "/usr/share/fonts/truetype/dejavu";

/// Fonts are read once; a machine without them says so at each attempt.
static PLAIN: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| read("DejaVuSans.ttf"));
static BOLD: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| read("DejaVuSans-Bold.ttf"));

fn read(name: &str) -> Option<Vec<u8>> {
    std::fs::read(format!("{FOLDER}/{name}")).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be printed: {FOLDER} has no DejaVu Sans; install Debian's fonts-dejavu-core")]
pub struct NoFont;

const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

pub(super) struct Typeface {
    name: &'static [u8],
    data: &'static [u8],
    face: Face<'static>,
    kept: GlyphRemapper,
    /// Letter and width by the number it has among the kept.
    used: BTreeMap<u16, (char, f32)>,
}

impl Typeface {
    pub(super) fn plain() -> Result<Self, NoFont> {
        Self::of(b"GDKPLN+DejaVuSans", &PLAIN)
    }

    pub(super) fn bold() -> Result<Self, NoFont> {
        Self::of(b"GDKBLD+DejaVuSans-Bold", &BOLD)
    }

    fn of(name: &'static [u8], data: &'static Option<Vec<u8>>) -> Result<Self, NoFont> {
        let data = data.as_deref().ok_or(NoFont)?;
        let face = Face::parse(data, 0).map_err(|_| NoFont)?;

        Ok(Self { name, data, face, kept: GlyphRemapper::new(), used: BTreeMap::new() })
    }

    /// In points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(self.glyph(letter))).sum::<f32>() * size / 1_000.0
    }

    /// The text as the font's own numbers, two bytes each.
    pub(super) fn encoded(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * text.len());
        for letter in text.chars() {
            let glyph = self.glyph(letter);
            let kept = self.kept.remap(glyph.0);
            self.used.insert(kept, (letter, self.advance(glyph)));
            bytes.extend(kept.to_be_bytes());
        }
        bytes
    }

    /// A letter the font lacks is shown as a question mark.
    fn glyph(&self, letter: char) -> GlyphId {
        let known = self.face.glyph_index(letter).or_else(|| self.face.glyph_index('?'));

        known.unwrap_or(GlyphId(0))
    }

    /// In thousandths of the size.
    fn advance(&self, glyph: GlyphId) -> f32 {
        let units = f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default());

        units * 1_000.0 / f32::from(self.face.units_per_em())
    }

    /// Writes the font as object `id`, and its parts as the four after it.
    pub(super) fn embed(&self, pdf: &mut Pdf, id: i32) -> Result<(), NoFont> {
        let [font, cid, descriptor, file, letters] = [0, 1, 2, 3, 4].map(|at| Ref::new(id + at));
        let subset = subsetter::subset(self.data, 0, &self.kept).map_err(|_| NoFont)?;
        let name = Name(self.name);
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(letters);
        let mut cid_font = pdf.cid_font(cid);
        cid_font
            .subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid_font.widths();
        for (kept, (_, width)) in &self.used {
            widths.consecutive(*kept, [*width]);
        }
        widths.finish();
        cid_font.finish();
        let scale = 1_000.0 / f32::from(self.face.units_per_em());
        let points = |units: i16| f32::from(units) * scale;
        let bounds = self.face.global_bounding_box();
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(
                points(bounds.x_min),
                points(bounds.y_min),
                points(bounds.x_max),
                points(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(points(self.face.ascender()))
            .descent(points(self.face.descender()))
            .cap_height(points(self.face.capital_height().unwrap_or(self.face.ascender())))
            .stem_v(80.0)
            .font_file2(file);
        pdf.stream(file, &subset).pair(Name(b"Length1"), subset.len() as i32);
        let mut map = UnicodeCmap::new(Name(b"Gudok-UCS"), IDENTITY);
        for (kept, (letter, _)) in &self.used {
            map.pair(*kept, *letter);
        }
        pdf.cmap(letters, &map.finish());

        Ok(())
    }
}
