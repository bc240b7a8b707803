//! A picture in shades of grey (PGM, netpbm.sourceforge.net/doc/pgm.html).

/// Dots whose shades are further apart than this differ.
const SHADES: u8 = 64;

#[derive(Debug)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    dots: Vec<u8>,
}

impl Picture {
    /// `None`: no binary PGM of 255 shades.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace)?;
            let word = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end + 1..];
            Some(word.to_owned())
        };
        let (kind, width, height, shades) = (word()?, word()?, word()?, word()?);
        let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
        let sound = kind == "P5" && shades == "255" && rest.len() == width * height;

        sound.then(|| Self { width, height, dots: rest.to_vec() })
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        let head = format!("P5\n{} {}\n255\n", self.width, self.height);

        [head.as_bytes(), &self.dots].concat()
    }

    /// The share of dots that differ; everything, where the sizes do.
    pub(crate) fn differs(&self, other: &Self) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 1.0;
        }
        let off = self.dots.iter().zip(&other.dots).filter(|(a, b)| a.abs_diff(**b) > SHADES);

        off.count() as f64 / self.dots.len() as f64
    }
}
