//! Sheets of A4 that fill from top to bottom: lines that break, pages that follow, QR codes.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use qrcode::{Color, QrCode};

use super::typeface::{NoFont, Typeface};

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 42.0;
const LEADING: f32 = 1.35;
/// Objects 1 and 2 are the catalogue and the pages; then come the fonts, then each page and what is
/// on it.
const PLAIN: i32 = 3;
const BOLD: i32 = 8;
const PAGES: i32 = 13;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Bold,
}

pub(super) struct Sheet {
    plain: Typeface,
    bold: Typeface,
    done: Vec<Content>,
    page: Content,
    /// Of the next line's top, from the bottom of the page.
    y: f32,
    /// What stands in the right upper corner of the first page: its width and its foot.
    corner: (f32, f32),
}

impl Sheet {
    pub(super) fn new() -> Result<Self, NoFont> {
        Ok(Self {
            plain: Typeface::plain()?,
            bold: Typeface::bold()?,
            done: Vec::new(),
            page: Content::new(),
            y: HEIGHT - MARGIN,
            corner: (0.0, HEIGHT),
        })
    }

    /// A paragraph, `indent` points from the margin.
    pub(super) fn text(&mut self, text: &str, size: f32, weight: Weight, indent: f32) {
        for paragraph in text.lines() {
            let mut words = paragraph.split_whitespace().peekable();
            while words.peek().is_some() {
                self.make_room(size * LEADING);
                let room = WIDTH - 2.0 * MARGIN - indent - self.taken_by_corner();
                let mut line = String::new();
                while let Some(word) = words.peek() {
                    let longer =
                        if line.is_empty() { (*word).into() } else { format!("{line} {word}") };
                    if !line.is_empty() && self.face(weight).width(&longer, size) > room {
                        break;
                    }
                    line = longer;
                    words.next();
                }
                self.y -= size * LEADING;
                let (x, y) = (MARGIN + indent, self.y);
                self.line(&line, (x, y), size, weight);
            }
        }
    }

    pub(super) fn gap(&mut self, points: f32) {
        self.y -= points;
    }

    /// A square in the right upper corner, `place` counted from the right, with a word under it.
    pub(super) fn qr(&mut self, place: u8, data: &str, caption: &str) {
        const SIDE: f32 = 84.0;
        let Ok(code) = QrCode::new(data) else { return };
        let modules = code.width();
        let dot = SIDE / modules as f32;
        let left = WIDTH - MARGIN - SIDE - f32::from(place) * (SIDE + 14.0);
        let top = HEIGHT - MARGIN;
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            if colour == Color::Dark {
                let (row, column) = ((at / modules) as f32, (at % modules) as f32);
                let y = top - (row + 1.0) * dot;
                // A little more than its square, or the paper shows between.
                self.page.rect(left + column * dot, y, dot * 1.02, dot * 1.02);
            }
        }
        self.page.fill_nonzero();
        let foot = top - SIDE - 12.0;
        let middle = left + (SIDE - self.plain.width(caption, 8.0)) / 2.0;
        self.line(caption, (middle, foot), 8.0, Weight::Plain);
        self.corner = (WIDTH - MARGIN - left + 12.0, foot - 6.0);
    }

    /// The PDF file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, NoFont> {
        self.done.push(std::mem::replace(&mut self.page, Content::new()));
        let mut pdf = Pdf::new();
        pdf.catalog(Ref::new(1)).pages(Ref::new(2));
        let count = self.done.len() as i32;
        let page = |at: i32| Ref::new(PAGES + 2 * at);
        pdf.pages(Ref::new(2)).kids((0..count).map(page)).count(count);
        self.plain.embed(&mut pdf, PLAIN)?;
        self.bold.embed(&mut pdf, BOLD)?;
        for (at, content) in (0..count).zip(self.done) {
            let on_it = Ref::new(PAGES + 2 * at + 1);
            let mut leaf = pdf.page(page(at));
            leaf.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(on_it);
            let mut resources = leaf.resources();
            resources.fonts().pair(Name(b"P"), Ref::new(PLAIN)).pair(Name(b"B"), Ref::new(BOLD));
            resources.finish();
            leaf.finish();
            pdf.stream(on_it, &content.finish());
        }
        Ok(pdf.finish())
    }

    fn line(&mut self, text: &str, (x, y): (f32, f32), size: f32, weight: Weight) {
        let (name, letters) = match weight {
            Weight::Plain => (Name(b"P"), self.plain.encoded(text)),
            Weight::Bold => (Name(b"B"), self.bold.encoded(text)),
        };
        self.page.begin_text().set_font(name, size).next_line(x, y).show(Str(&letters)).end_text();
    }

    fn make_room(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.done.push(std::mem::replace(&mut self.page, Content::new()));
            (self.y, self.corner) = (HEIGHT - MARGIN, (0.0, HEIGHT));
        }
    }

    fn taken_by_corner(&self) -> f32 {
        if self.y > self.corner.1 { self.corner.0 } else { 0.0 }
    }

    fn face(&self, weight: Weight) -> &Typeface {
        match weight {
            Weight::Plain => &self.plain,
            Weight::Bold => &self.bold,
        }
    }
}
